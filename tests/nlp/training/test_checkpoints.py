"""Checkpoints come back as they were written; others' and damaged ones are refused; a killed write harms nothing."""

from pathlib import Path

import numpy as np
import pytest

from nlp.exceptions import CheckpointForeign, CheckpointUnwritable
from nlp.training.checkpoints import CHECKPOINT, Checkpoint, TrainingProgress, read_checkpoint, write_checkpoint

pytestmark = pytest.mark.unit

WRITTEN = Checkpoint(
    identity="abc",
    progress=TrainingProgress(5, 1, (0.25, 0.125), (2.0,), (0.5,), 0),
    variables={"network/3": np.arange(6, dtype=np.float32).reshape(2, 3), "optimizer/0/0": np.array(5)},
    neighbours=np.array([[1], [0]]),
    best={"encoder.layer.0.output.dense.bias": np.ones(3, np.float32)},
)


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "new", WRITTEN)
    read = read_checkpoint(tmp_path / "new", "abc")
    assert read is not None
    assert (read.identity, read.progress) == (WRITTEN.identity, WRITTEN.progress)
    assert np.array_equal(read.neighbours, WRITTEN.neighbours)
    for mine, theirs in ((read.variables, WRITTEN.variables), (read.best, WRITTEN.best)):
        assert mine.keys() == theirs.keys()
        for name, array in theirs.items():
            assert np.array_equal(mine[name], array)
            assert mine[name].dtype == array.dtype


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path, "abc") is None
    assert read_checkpoint(tmp_path / "missing", "abc") is None


def test_anothers_checkpoint_is_refused(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, WRITTEN)
    with pytest.raises(CheckpointForeign, match="of the training abc, this one is xyz"):
        read_checkpoint(tmp_path, "xyz")


@pytest.mark.parametrize("keep", [0, 10, 400, -30])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, keep: int) -> None:
    write_checkpoint(tmp_path, WRITTEN)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointForeign, match="can't be read"):
        read_checkpoint(tmp_path, "abc")


def test_a_failed_write_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_checkpoint(tmp_path, WRITTEN)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointUnwritable, match="No space left on device.*Free some space"):
        write_checkpoint(tmp_path, WRITTEN)
    assert [p.name for p in tmp_path.iterdir()] == [CHECKPOINT]
    assert read_checkpoint(tmp_path, "abc") is not None
