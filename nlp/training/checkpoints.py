"""Checkpoints of a training: written at once or not at all, resumed to the same result."""

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.exceptions import CheckpointForeign, CheckpointUnwritable
from nlp.pretrained import FloatArray
from nlp.training.tuned_weights import read_arrays, write_arrays

CHECKPOINT = "checkpoint.npz"


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training has come; all random choices follow from it and the seed.

    Attributes:
        step: Optimiser steps done.
        epoch: Epoch that the next step belongs to.
        epoch_losses: Losses of the steps of this epoch.
        losses: Mean loss of each finished epoch.
        dev_accuracies: After each finished epoch, 0 to 1.
        best_epoch: The epoch with the best dev figure; -1 before the first.
    """

    step: int = 0
    epoch: int = 0
    epoch_losses: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    dev_accuracies: tuple[float, ...] = ()
    best_epoch: int = -1


@dataclass(frozen=True)
class Checkpoint:
    """All that a training needs to go on.

    Attributes:
        identity: Fingerprint of weights, examples and settings; another training's is refused.
        progress: How far it has come.
        variables: Name → value of everything that a step changes.
        neighbours: (num_labels, k) confusable labels that this epoch's batches were made with; k may be 0.
        best: Layer tensors of the best epoch; empty before it.
    """

    identity: str
    progress: TrainingProgress
    variables: dict[str, npt.NDArray[np.generic]]
    neighbours: npt.NDArray[np.int64]
    best: dict[str, FloatArray]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint over the last one; killed meanwhile, the last one stays.

    Raises:
        CheckpointUnwritable: The disk is full, or the folder can't be written to.
    """
    described = json.dumps({"identity": checkpoint.identity, "progress": asdict(checkpoint.progress)})
    arrays: dict[str, npt.NDArray[np.generic]] = {"description": np.array(described)}
    arrays |= {"neighbours": checkpoint.neighbours}
    arrays |= {f"variable/{name}": value for name, value in checkpoint.variables.items()}
    arrays |= {f"best/{name}": value for name, value in checkpoint.best.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_arrays(folder / CHECKPOINT, arrays)
    except OSError as error:
        raise CheckpointUnwritable(
            f"No checkpoint could be written to {folder} ({error}). The last one is intact, and no model was touched. "
            "Free some space and start the training again: it goes on from there."
        ) from error


def read_checkpoint(folder: Path, identity: str) -> Checkpoint | None:
    """Read the checkpoint of a folder; None when there is none.

    Raises:
        CheckpointForeign: It belongs to another training, or can't be read.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        arrays = read_arrays(path)
        described = json.loads(str(arrays.pop("description")))
        found = described["identity"]
        progress = _as_progress(described["progress"])
        neighbours = arrays.pop("neighbours")
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointForeign(f"{path} can't be read ({error}). Delete it to start the training anew.") from error
    if found != identity:
        raise CheckpointForeign(
            f"{path} is of the training {found}, this one is {identity}: weights, phrasings or settings changed. "
            "Delete it, or give another folder."
        )
    variables = {n.removeprefix("variable/"): a for n, a in arrays.items() if n.startswith("variable/")}
    best = {n.removeprefix("best/"): a for n, a in arrays.items() if n.startswith("best/")}
    return Checkpoint(found, progress, variables, neighbours, best)


def _as_progress(listed: dict[str, Any]) -> TrainingProgress:  # Any: JSON
    return TrainingProgress(
        step=int(listed["step"]),
        epoch=int(listed["epoch"]),
        epoch_losses=tuple(listed["epoch_losses"]),
        losses=tuple(listed["losses"]),
        dev_accuracies=tuple(listed["dev_accuracies"]),
        best_epoch=int(listed["best_epoch"]),
    )
