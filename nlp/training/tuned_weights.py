"""Weights after training or cutting: an identity of their own, and a file that holds the layers alone."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.pretrained import Architecture, FloatArray, PretrainedWeights

_LAYERS = "encoder.layer."


def retuned(
    weights: PretrainedWeights, layers: Mapping[str, FloatArray], *, source: str, num_layers: int | None = None
) -> PretrainedWeights:
    """Replace the transformer layers of some weights.

    Args:
        layers: Hugging Face name → array for every tensor of every layer.
        source: What was done to them, for the manifest.
        num_layers: How many layers there are, if not as many as before.

    Returns:
        Weights whose `sha256` hashes what they came from and the new tensors.
    """
    kept = {name: array for name, array in weights.tensors.items() if not name.startswith(_LAYERS)}
    architecture = replace(weights.architecture, num_layers=num_layers or weights.architecture.num_layers)
    digest = hash_tensors(weights.sha256, layers)
    return replace(weights, architecture=architecture, tensors={**kept, **layers}, source=source, sha256=digest)


def averaged(before: Mapping[str, FloatArray], after: Mapping[str, FloatArray], share: float) -> dict[str, FloatArray]:
    """Return, under each name of `after`, the mean of both: `share` (0 to 1) of `after`, the rest of `before`."""
    return {name: np.asarray((1 - share) * before[name] + share * t, np.float32) for name, t in after.items()}


def hash_tensors(origin: str, tensors: Mapping[str, FloatArray]) -> str:
    """Return the SHA-256 of names, shapes and values, and of where they came from; 64 hexadecimal digits."""
    digest = hashlib.sha256(origin.encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name], "<f4")
        digest.update(f"{name}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def write_layers(path: Path, weights: PretrainedWeights, base: PretrainedWeights) -> None:
    """Write the layers of trained weights to an .npz file, at once or not at all.

    The embeddings, which training leaves alone and which are most of the bytes, stay with `base`.
    """
    layers = {name: array for name, array in weights.tensors.items() if name.startswith(_LAYERS)}
    described = {
        "architecture": asdict(weights.architecture),
        "source": weights.source,
        "sha256": weights.sha256,
        "base_sha256": base.sha256,
    }
    write_arrays(path, {**layers, "description": np.array(json.dumps(described))})


def write_arrays(path: Path, arrays: Mapping[str, "np.typing.NDArray[np.generic]"]) -> None:
    """Write arrays to an .npz file under a temporary name, then rename it."""
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with temporary.open("wb") as file:
            np.savez(file, **dict(arrays))  # type: ignore[arg-type]  # allow_pickle is no array's name
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_arrays(path: Path) -> dict[str, Any]:  # Any: arrays of every dtype
    """Read all arrays of an .npz file; raises what numpy and zipfile raise when it is damaged."""
    # np.load leaves a damaged file open that it opened itself.
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def read_layers(path: Path, base: PretrainedWeights) -> PretrainedWeights:
    """Read weights that `write_layers` wrote.

    Args:
        base: The weights that the training started from.

    Raises:
        WeightsNotFound: There is no such file.
        WeightsDamaged: It can't be read, or belongs to other base weights.
    """
    if not path.is_file():
        raise WeightsNotFound(f"No trained layers at {path}. Train first.")
    try:
        layers = read_arrays(path)
        described = json.loads(str(layers.pop("description")))
        architecture = Architecture(**described["architecture"])
        source, sha256, origin = described["source"], described["sha256"], described["base_sha256"]
    except Exception as error:  # zipfile, numpy and json raise their own classes
        raise WeightsDamaged(f"{path} holds no trained layers: {error}. Train again.") from error
    if origin != base.sha256:
        raise WeightsDamaged(
            f"{path} was trained from weights {origin[:12]}…, given were {base.sha256[:12]}…. Give the former."
        )
    kept = {name: array for name, array in base.tensors.items() if not name.startswith(_LAYERS)}
    return replace(base, architecture=architecture, tensors={**kept, **layers}, source=source, sha256=sha256)
