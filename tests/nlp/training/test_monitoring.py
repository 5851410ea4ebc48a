"""TensorBoard's projector gets vectors and texts row for row."""

from pathlib import Path

import numpy as np
import pytest

from nlp.training.monitoring import METADATA, PROJECTOR_CONFIG, VECTORS, ScalarLog, write_projector

pytestmark = pytest.mark.unit


def test_projector_rows_match(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    write_projector(tmp_path / "log", vectors, ["制冷", "e1"], ["不\t制\n冷", "what is e1"])
    assert np.allclose(np.loadtxt(tmp_path / "log" / VECTORS, delimiter="\t"), vectors, atol=1e-5)
    assert (tmp_path / "log" / METADATA).read_text() == "entry\tphrasing\n制冷\t不 制 冷\ne1\twhat is e1\n"


def test_projector_config_is_what_tensorboard_reads(tmp_path: Path) -> None:
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    write_projector(tmp_path, np.ones((1, 2), np.float32), ["a"], ["b"])
    config = text_format.Parse((tmp_path / PROJECTOR_CONFIG).read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    assert (embedding.tensor_path, embedding.metadata_path) == (VECTORS, METADATA)


def test_a_log_without_a_folder_is_silent() -> None:
    log = ScalarLog(None)
    log.write(1, {"loss": 1.0})
    log.close()
