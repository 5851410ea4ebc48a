"""Snapshots on disk: written whole or not at all, and refused when anything about them changed.

FAISS loads flipped bytes, appended bytes and zeroed tails without a word, so every file is
under a SHA-256 and the index answers known questions before anybody else's. A snapshot is a cache:
whoever is refused rebuilds it from the database.
"""

import contextlib
import datetime
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np

from retrieval.classes import Coefficients
from retrieval.documents import Document
from retrieval.exceptions import RetrievalError, SnapshotDamaged
from retrieval.index import VectorIndex
from retrieval.lexical import LexicalAnalyzer
from retrieval.logistic import LogisticRegression
from retrieval.manifest import MANIFEST, CanaryRecord, FileRecord, Manifest, read_manifest, verify_files
from retrieval.partition import Partition
from retrieval.vectors import Centring, Vectors

_INDEX, _DOCUMENTS, _ARRAYS, _CANARIES = "index.faiss", "documents.jsonl", "centring.npy", "canaries.npy"
_CLASSES = "classes.npz"
_RIDGES, _LOGISTIC = ("rows", "dense", "textual"), ("basis", "weights")
_TOLERANCE = 1e-3
"""How far a canary's score may move between two machines' floating-point units."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A question with a known answer: its normalised text and its (dim,) float32 vector."""

    text: str
    vector: Vectors


def save_partition(
    folder: Path, partition: Partition, *, fingerprint: str, canaries: Sequence[Canary] = ()
) -> Manifest:
    """Write a partition as a snapshot, compacted if it was edited, in place of what was there.

    Args:
        folder: Where it will be; its parent is made. A reader sees the old one or the new one, or for
            an instant none; never half of one.
        partition: What to write.
        fingerprint: Names the encoder of the vectors.
        canaries: Questions that are asked again when the snapshot is loaded.

    Returns:
        The manifest that was written.
    """
    if partition.delta_size or partition.num_tombstones:
        partition = partition.compacted()
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    temporary.chmod(0o755)  # web and worker may be different users
    try:
        manifest = _write(temporary, partition, fingerprint, canaries)
        _swap(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return manifest


def load_partition(folder: Path, *, fingerprint: str, analyzer: LexicalAnalyzer, dim: int | None = None) -> Partition:
    """Read a snapshot, check it and ask it its canaries.

    Args:
        folder: What `save_partition` wrote.
        fingerprint: Names the encoder that will make the queries' vectors.
        analyzer: Makes tokens of documents and queries; it may know another lexicon than at saving.
        dim: Dimension of the queries' vectors; None for whatever the snapshot has.

    Raises:
        SnapshotMissing: When there is none.
        SnapshotDamaged: When a byte of it changed, or it answers a canary differently.
        SnapshotForeign: When it is of another encoder, dimension or format.
    """
    manifest = read_manifest(folder, fingerprint, dim)
    verify_files(folder, manifest)
    index = VectorIndex(faiss.read_index(str(folder / _INDEX)))
    documents = _read_documents(folder / _DOCUMENTS)
    arrays = np.load(folder / _ARRAYS, allow_pickle=False)
    center, radii = arrays[: manifest.dim], arrays[manifest.dim :]
    _check_shape(folder, manifest, (len(index), index.dim), len(documents), len(radii))
    # Under another lexicon the phrasings have other words: the class scores are fitted anew.
    coefficients = _read_coefficients(folder / _CLASSES) if manifest.lexicon == analyzer.fingerprint else None
    partition = Partition.restore(documents, index, radii, analyzer, Centring(center), coefficients)
    _replay(folder, manifest, partition)
    return partition


def is_sound(folder: Path, *, fingerprint: str) -> bool:
    """Tell whether a snapshot of this encoder is there, in this version's format and whole."""
    try:
        verify_files(folder, read_manifest(folder, fingerprint))
    except RetrievalError:
        return False
    return True


def _write(folder: Path, partition: Partition, fingerprint: str, canaries: Sequence[Canary]) -> Manifest:
    faiss.write_index(partition.snapshot.index.faiss_index, str(folder / _INDEX))
    lines = (json.dumps(asdict(document), ensure_ascii=False) + "\n" for document in partition.documents)
    (folder / _DOCUMENTS).write_text("".join(lines), encoding="utf-8", newline="\n")
    arrays = np.concatenate([partition.centring.center, partition.snapshot.radii])
    np.save(folder / _ARRAYS, arrays, allow_pickle=False)
    vectors = np.array([canary.vector for canary in canaries], np.float32).reshape(-1, partition.dim)
    np.save(folder / _CANARIES, vectors, allow_pickle=False)
    _write_coefficients(folder / _CLASSES, partition)
    names = (_INDEX, _DOCUMENTS, _ARRAYS, _CANARIES, _CLASSES)
    manifest = Manifest(
        encoder=fingerprint,
        lexicon=partition.analyzer.fingerprint,
        dim=partition.dim,
        count=len(partition.documents),
        created_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        files=tuple(FileRecord.of(folder / name) for name in names),
        canaries=tuple(_expected(partition, canary) for canary in canaries),
    )
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    for path in (*(folder / name for name in (*names, MANIFEST)), folder):
        _sync(path)
    return manifest


def _swap(temporary: Path, folder: Path) -> None:
    """Put the new folder in the old one's place; a folder can't be renamed over a full one."""
    old = temporary.with_name(temporary.name + ".old")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(old)
    temporary.rename(folder)
    _sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_documents(path: Path) -> list[Document]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        rows = [json.loads(line) for line in lines]
    return [Document(**{**row, "product_ids": tuple(row["product_ids"])}) for row in rows]


def _write_coefficients(path: Path, partition: Partition) -> None:
    arrays = {}
    if partition.snapshot.classes is not None:
        fitted = partition.snapshot.classes.coefficients
        arrays = {name: getattr(fitted, name) for name in _RIDGES}
        arrays |= {name: getattr(fitted.logistic, name) for name in _LOGISTIC}
    with path.open("wb") as file:
        np.savez(file, **arrays)


def _read_coefficients(path: Path) -> Coefficients | None:
    with np.load(path, allow_pickle=False) as arrays:
        if not arrays.files:
            return None
        logistic = LogisticRegression(**{name: arrays[name] for name in _LOGISTIC})
        return Coefficients(**{name: arrays[name] for name in _RIDGES}, logistic=logistic)


def _check_shape(folder: Path, manifest: Manifest, shape: tuple[int, int], num_documents: int, num_radii: int) -> None:
    if shape != (manifest.count, manifest.dim) or {num_documents, num_radii} != {manifest.count}:
        raise SnapshotDamaged(
            f"The snapshot at {folder} holds vectors of shape {shape}, {num_documents} documents and "
            f"{num_radii} radii, its manifest says {(manifest.count, manifest.dim)}: build the index again."
        )


def _expected(partition: Partition, canary: Canary) -> CanaryRecord:
    hits = partition.search(canary.text, canary.vector)
    if not hits:
        return CanaryRecord(canary.text, None, 0.0, 0.0)
    return CanaryRecord(canary.text, hits[0].entry_id, hits[0].score, max(hit.dense for hit in hits))


def _replay(folder: Path, manifest: Manifest, partition: Partition) -> None:
    """Ask the canaries again; with another lexicon than at saving only their vectors' answers must hold."""
    vectors = np.load(folder / _CANARIES, allow_pickle=False)
    is_same_lexicon = manifest.lexicon == partition.analyzer.fingerprint
    for number, (expected, vector) in enumerate(zip(manifest.canaries, vectors, strict=True)):
        if not _is_answered(partition, expected, vector, is_same_lexicon):
            raise SnapshotDamaged(
                f"The snapshot at {folder} answers its canary {number} differently than when it was written "
                f"(entry {expected.entry_id} was expected): build the index again."
            )


def _is_answered(partition: Partition, expected: CanaryRecord, vector: Vectors, is_same_lexicon: bool) -> bool:
    hits = partition.search(expected.text, vector)
    if not hits or expected.entry_id is None:
        return not hits and expected.entry_id is None
    if not is_same_lexicon:
        return abs(max(hit.dense for hit in hits) - expected.dense) <= _TOLERANCE
    # Two entries may be equally good; the expected one must be found with the score that it had.
    scores = {hit.entry_id: hit.score for hit in hits}
    found = scores.get(expected.entry_id, float("-inf"))
    return abs(found - expected.score) <= _TOLERANCE and hits[0].score - found <= _TOLERANCE
