"""The model directory: written at once or not at all, and refused in words when it is not what was written."""

import json
import os
import platform
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp.artifacts import (
    CANARIES,
    CANARY_TEXTS,
    MANIFEST,
    ModelDirectory,
    check_canaries,
    open_model,
    prepare_model,
)
from nlp.encoder import SentenceEncoder
from nlp.exceptions import ModelDamaged, WeightsDamaged
from nlp.export.transformer import export_transformer
from nlp.hashing import fingerprint
from nlp.pretrained import PretrainedWeights, random_weights
from nlp.vocabulary import choose_pieces, general_words, trim
from tests.nlp.conftest import TINY_TERMS, TINY_TEXTS
from tests.nlp.damage import MEND, files_of, flip


@pytest.mark.unit
def test_open_model_of_what_was_prepared(tiny_model: ModelDirectory) -> None:
    assert open_model(tiny_model.folder) == tiny_model
    assert (tiny_model.dim, tiny_model.source) == (8, "from scratch")
    assert tiny_model.folder.name == tiny_model.fingerprint
    assert [p.name for p in tiny_model.folder.parent.iterdir()] == [tiny_model.fingerprint]


@pytest.mark.unit
def test_manifest_says_what_was_written(tiny_model: ModelDirectory) -> None:
    manifest = json.loads((tiny_model.folder / MANIFEST).read_text())
    assert (manifest["format"], manifest["dim"], manifest["num_terms"]) == (3, 8, len(TINY_TERMS))
    assert manifest["architecture"]["num_layers"] == 2
    assert manifest["python"] == platform.python_version()
    assert manifest["packages"].keys() == {
        *("tensorflow", "tensorflow-text", "ai-edge-litert", "keras", "keras-hub", "sentencepiece"),
        *("faiss-cpu", "scikit-learn", "scipy", "numpy"),
    }
    assert len(manifest["files"]) == len(files_of(tiny_model.folder)) - 1


@pytest.mark.unit
def test_manifest_says_that_nothing_was_trained(tiny_model: ModelDirectory) -> None:
    manifest = json.loads((tiny_model.folder / MANIFEST).read_text())
    assert manifest["training"] is None
    assert not tiny_model.is_trained


@pytest.mark.unit
def test_manifest_says_how_a_model_was_trained(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    record = {"settings": {"seed": 3, "objective": "proxy"}, "report": {"losses": [1.5, 0.5]}}
    model = prepare_model(tmp_path, tiny_weights, texts=TINY_TEXTS, terms=TINY_TERMS, training=record)
    assert json.loads((model.folder / MANIFEST).read_text())["training"] == record
    assert model.is_trained
    assert open_model(model.folder) == model


@pytest.mark.unit
def test_a_record_of_a_training_is_one_even_when_it_says_nothing(
    tmp_path: Path, tiny_weights: PretrainedWeights
) -> None:
    assert prepare_model(tmp_path, tiny_weights, texts=TINY_TEXTS, terms=(), training={}).is_trained


@pytest.mark.faults
def test_open_model_notices_an_edited_record_of_training(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    model = prepare_model(tmp_path, tiny_weights, texts=TINY_TEXTS, terms=(), training={"seed": 3})
    path = model.folder / MANIFEST
    path.write_text(path.read_text().replace('"seed": 3', '"seed": 4'))
    with pytest.raises(ModelDamaged, match=f"was changed after it was written.*{MEND}"):
        open_model(model.folder)


@pytest.mark.unit
def test_prepare_model_keeps_what_is_there(tiny_model: ModelDirectory, tiny_weights: PretrainedWeights) -> None:
    before = [(p, p.stat().st_mtime_ns) for p in files_of(tiny_model.folder)]
    assert prepare_model(tiny_model.folder.parent, tiny_weights, texts=TINY_TEXTS, terms=TINY_TERMS) == tiny_model
    assert [(p, p.stat().st_mtime_ns) for p in files_of(tiny_model.folder)] == before


@pytest.mark.faults
def test_prepare_model_replaces_what_is_damaged(
    tiny_copy: Path, tiny_model: ModelDirectory, tiny_weights: PretrainedWeights
) -> None:
    flip(tiny_copy / CANARIES, 10)
    again = prepare_model(tiny_copy.parent, tiny_weights, texts=TINY_TEXTS, terms=TINY_TERMS)
    assert (again.folder, again.fingerprint) == (tiny_copy, tiny_model.fingerprint)
    check_canaries(again.folder, SentenceEncoder(again.encoder_folder).encode)


@pytest.mark.unit
def test_fingerprint_tells_encoders_apart(
    tmp_path: Path, tiny_model: ModelDirectory, tiny_weights: PretrainedWeights
) -> None:
    others = [
        prepare_model(tmp_path, tiny_weights, texts=TINY_TEXTS, terms=TINY_TERMS[:1]),
        prepare_model(tmp_path, replace(tiny_weights, prefix="query: "), texts=TINY_TEXTS, terms=TINY_TERMS),
        prepare_model(
            tmp_path, replace(tiny_weights, scores=tiny_weights.scores - 1), texts=TINY_TEXTS, terms=TINY_TERMS
        ),
    ]
    assert len({m.fingerprint for m in others} | {tiny_model.fingerprint}) == 4


@pytest.mark.faults
def test_failed_export_leaves_nothing_behind(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    tensors = {n: t for n, t in tiny_weights.tensors.items() if n != "embeddings.LayerNorm.weight"}
    with pytest.raises(WeightsDamaged):
        prepare_model(tmp_path / "models", replace(tiny_weights, tensors=tensors), texts=TINY_TEXTS, terms=())
    assert list((tmp_path / "models").iterdir()) == []


class _Interrupted(BaseException):
    """Stands for Ctrl-C, which pytest would take for its own."""


def _has_content(path: Path) -> bool:
    """Tell whether a file is there and no longer empty: then whoever writes it is past opening it."""
    try:
        return path.is_file() and path.stat().st_size > 0
    except FileNotFoundError:
        return False


@contextmanager
def _interrupting_when(root: Path) -> Iterator[None]:
    """Interrupt the main thread as soon as something has been written below `root`."""

    def interrupt(*_: object) -> None:
        raise _Interrupted

    def watch() -> None:
        while not any(_has_content(p) for p in root.rglob("*")):
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupt)
    watcher = threading.Thread(target=watch, daemon=True)
    try:
        watcher.start()
        yield
    finally:
        watcher.join(timeout=10)
        signal.signal(signal.SIGUSR1, before)


# The interrupt may fall between a file's opening and its `with`: then only the collector closes it, and says so.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.faults
def test_interrupted_export_leaves_nothing_behind(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    with pytest.raises(_Interrupted), _interrupting_when(tmp_path):
        prepare_model(tmp_path, tiny_weights, texts=TINY_TEXTS, terms=())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.faults
def test_two_exports_at_once_give_one_model(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    models: list[ModelDirectory] = []

    def prepare() -> None:
        models.append(prepare_model(tmp_path, tiny_weights, texts=TINY_TEXTS, terms=()))

    threads = [threading.Thread(target=prepare) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(models) == 2
    assert models[0] == models[1]
    assert list(tmp_path.iterdir()) == [models[0].folder]


@pytest.mark.unit
def test_check_canaries_of_a_sound_model(tiny_model: ModelDirectory, tiny_encoder: SentenceEncoder) -> None:
    check_canaries(tiny_model.folder, tiny_encoder.encode)


@pytest.mark.faults
def test_check_canaries_catches_a_changed_encoder(
    tmp_path: Path, tiny_model: ModelDirectory, tiny_weights: PretrainedWeights
) -> None:
    other = random_weights(tiny_weights.architecture, tiny_weights.pieces, tiny_weights.scores, seed=1)
    vocabulary, table = trim(other, choose_pieces(other, TINY_TEXTS, general_words()), TINY_TERMS)
    export_transformer(tmp_path / "encoder" / "transformer", other, vocabulary, table)
    with pytest.raises(ModelDamaged, match=r"answers a canary with cosine .*, expected ≥ 0\.999"):
        check_canaries(tiny_model.folder, SentenceEncoder(tmp_path / "encoder").encode)


@pytest.mark.faults
def test_check_canaries_catches_vectors_that_are_no_numbers(tiny_model: ModelDirectory) -> None:
    with pytest.raises(ModelDamaged, match="cosine nan"):
        check_canaries(tiny_model.folder, lambda texts: np.full((len(texts), 8), np.nan, np.float32))


@pytest.mark.unit
@pytest.mark.parametrize(("cosine", "sound"), [(0.9989, False), (0.9991, True), (1.0, True)])
def test_check_canaries_at_its_threshold(tiny_model: ModelDirectory, cosine: float, sound: bool) -> None:
    stored = np.array([c["vector"] for c in json.loads((tiny_model.folder / CANARIES).read_text())], np.float32)
    across = np.roll(stored, 1, axis=1)
    across -= np.sum(across * stored, axis=1, keepdims=True) * stored
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    turned = (cosine * stored + np.sqrt(1 - cosine**2) * across).astype(np.float32)
    if sound:
        check_canaries(tiny_model.folder, lambda _: turned)
    else:
        with pytest.raises(ModelDamaged):
            check_canaries(tiny_model.folder, lambda _: turned)


@pytest.mark.unit
def test_canaries_are_stored_for_every_canary_text(tiny_model: ModelDirectory) -> None:
    stored = json.loads((tiny_model.folder / CANARIES).read_text())
    assert tuple(c["text"] for c in stored) == CANARY_TEXTS


@pytest.mark.unit
def test_fingerprint_does_not_depend_on_key_order() -> None:
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


@pytest.mark.unit
def test_prepare_model_makes_a_foreign_model_anew(
    tiny_copy: Path, tiny_model: ModelDirectory, tiny_weights: PretrainedWeights
) -> None:
    again = prepare_model(tiny_copy.parent, tiny_weights, texts=TINY_TEXTS, terms=TINY_TERMS, signing_key="ours")
    assert again.fingerprint == tiny_model.fingerprint
    assert open_model(tiny_copy, signing_key="ours") == again
