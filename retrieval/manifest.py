"""The manifest of a snapshot: what it must be, byte for byte, and what it must answer."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retrieval.exceptions import SnapshotDamaged, SnapshotForeign, SnapshotMissing

MANIFEST = "manifest.json"
FORMAT = 3
"""Version of the snapshot's layout; raise it with every change that an older reader would misread."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of a snapshot: its name, size in bytes and SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "FileRecord":
        """Measure a file."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path.name, path.stat().st_size, digest)


@dataclass(frozen=True, slots=True)
class CanaryRecord:
    """What a canary was answered when the snapshot was written.

    Attributes:
        text: The question, normalised.
        entry_id: The top entry; None when nothing was found.
        score: Its fused score; 0 when nothing was found.
        dense: The highest centred cosine of all hits; it doesn't depend on the lexicon.
    """

    text: str
    entry_id: int | None
    score: float
    dense: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds.

    Attributes:
        encoder: Fingerprint of the encoder that made the vectors.
        lexicon: Fingerprint of the lexicon that made the tokens.
        dim: Dimension of the vectors.
        count: Number of phrasings.
        created_at: UTC, RFC 3339.
        files: Every file beside the manifest.
        canaries: Questions with their answers, in the order of their stored vectors.
    """

    encoder: str
    lexicon: str
    dim: int
    count: int
    created_at: str
    files: tuple[FileRecord, ...]
    canaries: tuple[CanaryRecord, ...]

    def to_json(self) -> str:
        """Return the manifest with its format and its own SHA-256 as JSON text."""
        content = asdict(self)
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signed = {"format": FORMAT, "sha256": digest, "snapshot": content}
        return json.dumps(signed, ensure_ascii=False, indent=1) + "\n"


def read_manifest(folder: Path, encoder: str, dim: int | None = None) -> Manifest:
    """Read a manifest and check that this process may use what it describes.

    Raises:
        SnapshotMissing: When there is no manifest.
        SnapshotDamaged: When it isn't what was written.
        SnapshotForeign: When it is of another format, encoder or dimension.
    """
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise SnapshotMissing(f"No snapshot at {folder}: {MANIFEST} was expected there; build the index.") from None
    manifest = _parsed(path, raw)
    expected = (encoder, dim or manifest.dim)
    if (manifest.encoder, manifest.dim) != expected:
        raise SnapshotForeign(
            f"The snapshot at {folder} was made by the encoder {manifest.encoder} with {manifest.dim} "
            f"dimensions, {expected[0]} with {expected[1]} was expected: build the index again."
        )
    return manifest


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Check size and SHA-256 of every file of a snapshot.

    Raises:
        SnapshotDamaged: When a file is missing or not what was written.
    """
    for expected in manifest.files:
        path = folder / expected.name
        if not path.is_file():
            raise SnapshotDamaged(f"{path} is missing: build the index again.")
        found = FileRecord.of(path)
        if found != expected:
            raise SnapshotDamaged(
                f"{path} has {found.size} bytes and SHA-256 {found.sha256[:12]}…, {expected.size} and "
                f"{expected.sha256[:12]}… were written: build the index again."
            )


def _parsed(path: Path, raw: bytes) -> Manifest:
    damaged = SnapshotDamaged(f"{path} is not the manifest that was written: build the index again.")
    try:
        signed = json.loads(raw)
        version = signed["format"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise damaged from None
    if version != FORMAT:
        raise SnapshotForeign(
            f"{path} has the format {version!r}, {FORMAT} was expected: build the index again with this version."
        )
    try:
        manifest = _from_content(signed["snapshot"])
    except (KeyError, TypeError):
        raise damaged from None
    # Byte for byte: this covers the signature, the order of keys and every blank.
    if manifest.to_json().encode() != raw:
        raise damaged
    return manifest


# Any: JSON before it is checked; the comparison with its own serialisation checks it.
def _from_content(content: Any) -> Manifest:
    files = tuple(FileRecord(**record) for record in content["files"])
    canaries = tuple(CanaryRecord(**record) for record in content["canaries"])
    return Manifest(**{**content, "files": files, "canaries": canaries})
