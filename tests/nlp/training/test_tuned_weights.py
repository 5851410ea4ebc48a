"""Trained layers: an identity that follows from their values, and a file that gives them back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.distillation import cut
from nlp.training.tuned_weights import hash_tensors, read_layers, retuned, write_layers

pytestmark = pytest.mark.unit

BIAS = "encoder.layer.1.output.dense.bias"


def layers_of(weights: PretrainedWeights, shift: float = 0.0) -> dict[str, FloatArray]:
    layers = {n: t for n, t in weights.tensors.items() if n.startswith("encoder.layer.")}
    return layers | {BIAS: layers[BIAS] + np.float32(shift)}


def test_hash_follows_values_names_shapes_and_origin() -> None:
    tensors = {"a": np.arange(6, dtype=np.float32), "b": np.ones(2, np.float32)}
    hashes = {
        hash_tensors("x", tensors),
        hash_tensors("y", tensors),
        hash_tensors("x", tensors | {"b": np.zeros(2, np.float32)}),
        hash_tensors("x", tensors | {"a": tensors["a"].reshape(2, 3)}),
        hash_tensors("x", {"a": tensors["a"], "c": tensors["b"]}),
    }
    assert len(hashes) == 5
    assert hash_tensors("x", dict(reversed(tensors.items()))) in hashes
    assert {len(h) for h in hashes} == {64}


def test_retuned_replaces_layers_alone(tiny_weights: PretrainedWeights) -> None:
    tuned = retuned(tiny_weights, layers_of(tiny_weights, 1.0), source="tuned")
    assert np.array_equal(tuned.tensors[BIAS], tiny_weights.tensors[BIAS] + 1)
    assert {n for n in tuned.tensors if tuned.tensors[n] is not tiny_weights.tensors[n]} == {BIAS}
    assert (tuned.source, tuned.pieces, tuned.architecture) == ("tuned", tiny_weights.pieces, tiny_weights.architecture)


def test_layers_come_back_from_their_file(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    tuned = retuned(tiny_weights, layers_of(tiny_weights, 1.0), source="tuned")
    write_layers(tmp_path / "layers.npz", tuned, tiny_weights)
    read = read_layers(tmp_path / "layers.npz", tiny_weights)
    assert replace(read, tensors={}) == replace(tuned, tensors={}, scores=read.scores)
    assert read.tensors.keys() == tuned.tensors.keys()
    assert all(np.array_equal(read.tensors[n], t) for n, t in tuned.tensors.items())
    assert [p.name for p in tmp_path.iterdir()] == ["layers.npz"]


def test_a_students_layers_come_back_from_its_teachers_weights(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    student = cut(tiny_weights, (1,))
    write_layers(tmp_path / "layers.npz", student, tiny_weights)
    read = read_layers(tmp_path / "layers.npz", tiny_weights)
    assert (read.architecture, read.sha256, read.tensors.keys()) == (
        student.architecture,
        student.sha256,
        student.tensors.keys(),
    )


def test_layers_of_other_weights_are_refused(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    write_layers(tmp_path / "layers.npz", tiny_weights, tiny_weights)
    with pytest.raises(WeightsDamaged, match="was trained from weights"):
        read_layers(tmp_path / "layers.npz", replace(tiny_weights, sha256="0" * 64))


def test_missing_and_damaged_files_are_refused(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    path = tmp_path / "layers.npz"
    with pytest.raises(WeightsNotFound, match="No trained layers"):
        read_layers(path, tiny_weights)
    write_layers(path, tiny_weights, tiny_weights)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsDamaged, match="holds no trained layers"):
        read_layers(path, tiny_weights)
