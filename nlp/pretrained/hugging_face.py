"""Encoders in a folder of the Hugging Face layout."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import sentencepiece as spm
from safetensors.numpy import load_file

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import sha256_of
from nlp.pretrained.weights import Architecture, FloatArray, PretrainedWeights

_HUGGING_FACE_KEYS = {
    "hidden_dim": "hidden_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "intermediate_dim": "intermediate_size",
    "max_sequence_length": "max_position_embeddings",
}


def read_hugging_face(folder: Path, *, prefix: str = "query: ") -> PretrainedWeights:
    """Read an XLM-R-vocabulary BERT from a local folder in the Hugging Face layout.

    Needs `config.json`, `model.safetensors`, and `tokenizer.json` (Unigram) or
    `sentencepiece.bpe.model`.

    Raises:
        WeightsNotFound: A file is missing.
        WeightsDamaged: A file can't be read, or a tensor is missing or of another shape.
    """
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise WeightsNotFound(f"{folder} holds no {name}; expected the folder of a Hugging Face encoder.")
    try:
        config = json.loads((folder / "config.json").read_text())
        shape = {ours: int(config[theirs]) for ours, theirs in _HUGGING_FACE_KEYS.items()}
        architecture = Architecture(**shape, layer_norm_epsilon=float(config.get("layer_norm_eps", 1e-12)))
        tensors = load_file(folder / "model.safetensors")
    except Exception as error:  # safetensors raises its own class, json and int theirs
        raise WeightsDamaged(f"{folder} can't be read as a Hugging Face encoder: {error}") from error
    pieces, scores = _read_pieces(folder)
    named = {name.removeprefix("bert."): array.astype(np.float32) for name, array in tensors.items()}
    _check_tensors(named, architecture, len(pieces))
    digest = sha256_of(folder / "model.safetensors")
    return PretrainedWeights(architecture, pieces, scores, named, f"folder {folder.name}", digest, prefix)


def _read_pieces(folder: Path) -> tuple[tuple[str, ...], FloatArray]:
    if (folder / "tokenizer.json").is_file():
        return _read_unigram(folder / "tokenizer.json")
    if not (folder / "sentencepiece.bpe.model").is_file():
        raise WeightsNotFound(f"{folder} holds neither tokenizer.json nor sentencepiece.bpe.model.")
    try:
        processor = spm.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    except (OSError, RuntimeError) as error:
        raise WeightsDamaged(f"{folder}/sentencepiece.bpe.model is no SentencePiece model: {error}") from error
    own = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(3, processor.get_piece_size())]
    # XLM-R puts its own four specials before the pieces (the "fairseq offset").
    listed = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *own]
    return tuple(p for p, _ in listed), np.array([s for _, s in listed], np.float32)


def _read_unigram(path: Path) -> tuple[tuple[str, ...], FloatArray]:
    try:
        listed = json.loads(path.read_text())["model"]["vocab"]
        pieces, scores = tuple(str(p) for p, _ in listed), np.array([s for _, s in listed], np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsDamaged(f"{path} holds no Unigram vocabulary, which is the kind expected here.") from error
    if pieces[:4] != ("<s>", "<pad>", "</s>", "<unk>"):
        raise WeightsDamaged(f"{path} begins with the pieces {pieces[:4]}, expected <s> <pad> </s> <unk> (XLM-R).")
    return pieces, scores


def _check_tensors(tensors: Mapping[str, FloatArray], architecture: Architecture, num_pieces: int) -> None:
    word = tensors.get("embeddings.word_embeddings.weight")
    if word is None or word.ndim != 2 or word.shape[1] != architecture.hidden_dim or word.shape[0] < num_pieces:
        found = "none" if word is None else str(word.shape)
        raise WeightsDamaged(
            f"The word embeddings have shape {found}, expected at least ({num_pieces}, {architecture.hidden_dim})."
        )
    last = f"encoder.layer.{architecture.num_layers - 1}.output.dense.weight"
    if last not in tensors:
        raise WeightsDamaged(f"config.json speaks of {architecture.num_layers} layers, but {last} is missing.")
