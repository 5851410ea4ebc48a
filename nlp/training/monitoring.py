"""What TensorBoard shows of a training: scalars while it runs, vectors when it is done."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from nlp.pretrained import FloatArray

PROJECTOR_CONFIG = "projector_config.pbtxt"
VECTORS = "vectors.tsv"
METADATA = "metadata.tsv"


class ScalarLog:
    """Writes scalars into a TensorBoard folder; does nothing without one."""

    def __init__(self, folder: Path | None) -> None:
        self._writer = tf.summary.create_file_writer(str(folder)) if folder else None

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write named values of a step."""
        if self._writer is None:
            return
        with self._writer.as_default(step=step):
            for name, value in scalars.items():
                tf.summary.scalar(name, value)

    def close(self) -> None:
        """Write what is still in memory, and let go of the file."""
        if self._writer is not None:
            self._writer.close()


def write_projector(folder: Path, vectors: FloatArray, labels: Sequence[str], texts: Sequence[str]) -> None:
    """Write vectors for TensorBoard's embedding projector (`tensorboard --logdir FOLDER`).

    Args:
        vectors: (n, dim) float32.
        labels: n names of entries, to colour by.
        texts: n phrasings, shown at each point.
    """
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / VECTORS, vectors, fmt="%.6g", delimiter="\t")
    rows = [f"{_cell(label)}\t{_cell(text)}" for label, text in zip(labels, texts, strict=True)]
    (folder / METADATA).write_text("\n".join(["entry\tphrasing", *rows]) + "\n", encoding="utf-8")
    config = (
        f'embeddings {{\n  tensor_name: "phrasings"\n  tensor_path: "{VECTORS}"\n  metadata_path: "{METADATA}"\n}}\n'
    )
    (folder / PROJECTOR_CONFIG).write_text(config)


def _cell(text: str) -> str:
    return " ".join(text.split())
