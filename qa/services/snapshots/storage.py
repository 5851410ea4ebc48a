"""A snapshot's folder: written whole or not at all, read only if every byte is what it was."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from nlp.hashing import fingerprint, sha256_of
from nlp.lexicon import LexiconTerm
from qa.exceptions import SnapshotDamaged
from qa.services.snapshots.guarding import LIMIT
from qa.services.snapshots.reading import Dataset
from qa.services.snapshots.rows import count
from qa.services.snapshots.schema import to_json, to_rows, to_table

FORMAT = 1
ROWS = "rows.parquet"
LEXICON = "lexicon.json"
MANIFEST = "manifest.json"
CONSENT = (
    "Phrasings were published by the company's editors. Reviewed rows are customers' utterances, de-identified before "
    "they were stored; each was given its label by a reviewer, or by two different agents who agree (judgement_ids). "
    "Votes and clicks alone never make a row."
)
RETENTION = (
    "A snapshot names nobody and is kept until it is deleted by hand. When a conversation in it is deleted at its "
    "customer's wish, its rows are deleted at once and it is never trained on again; the manifest stays."
)
SPLIT = (
    "Phrasings: one in eight by the hash of the text, where that makes enough. Reviewed rows: one group of "
    "conversations in eight, never by the row. Left out of training: what has a cosine of character 3-grams "
    f"≥ {LIMIT} with a row of dev."
)


def folder_of(sha256: str) -> Path:
    """Return where a snapshot is, or would be."""
    return Path(settings.VAR_DIR) / "snapshots" / sha256


def hash_of(dataset: Dataset) -> str:
    """Return the SHA-256 of what a dataset says; how it is stored is not part of it."""
    digest = hashlib.sha256(f"hangjia snapshot {FORMAT}\n".encode())
    for value in (*(to_json(row) for row in dataset.rows), _lexicon(dataset)):
        digest.update(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def write_snapshot(dataset: Dataset) -> str:
    """Write a dataset's folder and return its hash; what is there already, and sound, is kept.

    Raises:
        SnapshotDamaged: The dataset breaks the schema.
    """
    sha256 = hash_of(dataset)
    folder = folder_of(sha256)
    table = to_table(dataset.rows)
    if folder.exists():
        try:
            read_snapshot(sha256)
        except SnapshotDamaged:
            shutil.rmtree(folder)
        else:
            return sha256
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{sha256}-", dir=folder.parent))
    try:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False, schema=_ARROW), building / ROWS)
        (building / LEXICON).write_text(json.dumps(_lexicon(dataset), ensure_ascii=False, indent=1), encoding="utf-8")
        manifest = _manifest(sha256, dataset, building)
        text = json.dumps(manifest | {"checksum": fingerprint(manifest)}, ensure_ascii=False, indent=1)
        (building / MANIFEST).write_text(text, encoding="utf-8")
        _sync(building)
        _move(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return sha256


def read_snapshot(sha256: str) -> Dataset:
    """Read a snapshot whose every file hashes to its manifest and whose rows hash to its name.

    Raises:
        SnapshotDamaged: It is missing, was changed, or breaks the schema.
    """
    folder = folder_of(sha256)
    try:
        manifest = read_manifest(sha256)
        for name, expected in manifest["files"].items():  # type: ignore[attr-defined]  # JSON
            if sha256_of(folder / name) != expected:
                raise _damaged(sha256, f"{name} was changed")
        rows = to_rows(pq.read_table(folder / ROWS).to_pylist())
        lexicon = json.loads((folder / LEXICON).read_text(encoding="utf-8"))
        terms = {
            slug: tuple(LexiconTerm(text, kind, tuple(aliases)) for text, kind, aliases in listed)
            for slug, listed in lexicon.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        raise _damaged(sha256, f"it can't be read ({type(error).__name__})") from error
    dataset = Dataset(rows, terms)
    if hash_of(dataset) != sha256:
        raise _damaged(sha256, "its rows are others than its name says")
    return dataset


def read_manifest(sha256: str) -> dict[str, object]:
    """Read what a snapshot says of itself.

    Raises:
        SnapshotDamaged: There is none, or it was changed.
    """
    try:
        manifest = json.loads((folder_of(sha256) / MANIFEST).read_text(encoding="utf-8"))
        checksum = manifest.pop("checksum")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _damaged(sha256, f"its {MANIFEST} can't be read ({type(error).__name__})") from error
    if checksum != fingerprint(manifest) or manifest.get("sha256") != sha256:
        raise _damaged(sha256, f"its {MANIFEST} was changed")
    return dict(manifest)


_IDS, _DIGESTS = pa.list_(pa.int64()), pa.list_(pa.string())
_ARROW = pa.schema(
    [
        *((name, pa.string()) for name in ("row", "source", "split", "left_out", "text", "language")),
        *((name, pa.string()) for name in ("knowledge_base", "entry")),
        *((name, pa.int64()) for name in ("entry_id", "phrasing_id", "review_item_id")),
        *(("judgement_ids", _IDS), ("reviewer_ids", _IDS), ("conversations", _DIGESTS)),
    ]
)


def _lexicon(dataset: Dataset) -> dict[str, list[list[object]]]:
    return {slug: [[t.text, t.kind, list(t.aliases)] for t in terms] for slug, terms in sorted(dataset.terms.items())}


def _manifest(sha256: str, dataset: Dataset, building: Path) -> dict[str, object]:
    return {
        "format": FORMAT,
        "sha256": sha256,
        "num_rows": len(dataset.rows),
        "counts": count(dataset.rows),
        "split": SPLIT,
        "lineage": "Each row names its phrasing or review item, the judgements that gave its label, and whose.",
        "consent": CONSENT,
        "retention": RETENTION,
        "files": {name: sha256_of(building / name) for name in (ROWS, LEXICON)},
    }


def _sync(building: Path) -> None:
    """Bring files and folder to the disk before they get their name."""
    for path in (*building.iterdir(), building):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _move(building: Path, folder: Path) -> None:
    try:
        building.chmod(0o755)
        building.replace(folder)
    except OSError:
        if not folder.exists():
            raise
        # Another process made the same snapshot meanwhile; its folder is as good.


def _damaged(sha256: str, what: str) -> SnapshotDamaged:
    return SnapshotDamaged(
        f"Snapshot {sha256[:12]} can't be used: {what}. Given: {folder_of(sha256)}. Expected: a folder that "
        "`manage.py snapshot` wrote. Make a new one with it."
    )
