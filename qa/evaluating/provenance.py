"""Which release, knowledge and code answered: hashes that can be computed again."""

import hashlib
import json
import subprocess
from importlib import metadata
from pathlib import Path

from django.conf import settings

from nlp.artifacts import MANIFEST
from nlp.hashing import sha256_of
from qa.engine.bundle import Bundle
from qa.models import Release

_PACKAGES = ("qa", "nlp", "retrieval")


def hashes_of(bundle: Bundle, knowledge_base_id: int) -> dict[str, object]:
    """Return what names the release, its model, its knowledge and the code."""
    release = Release.objects.get(pk=bundle.release)
    return {
        "release": {"number": release.number, "sha256": _digest(_plain(release))},
        "model": {
            "fingerprint": bundle.model_fingerprint,
            "manifest_sha256": sha256_of(Path(settings.MODELS_DIR) / bundle.model_fingerprint / MANIFEST),
        },
        "knowledge": {
            "revision": bundle.knowledge_revision,
            "sha256": _digest(
                sorted([d.entry_id, d.text] for d in bundle.searcher.partition(knowledge_base_id).documents)
            ),
        },
        "code": code_of(Path(settings.BASE_DIR)),
    }


def code_of(root: Path) -> dict[str, object]:
    """Return the commit where there is one, the package's version, and the digest of every source file."""
    files = sorted(path for package in _PACKAGES for path in (root / package).rglob("*.py"))
    return {
        "commit": _git(root, "rev-parse", "HEAD"),
        "has_changes": None if (status := _git(root, "status", "--porcelain")) is None else bool(status),
        "version": _version(),
        "sha256": _digest([[path.relative_to(root).as_posix(), sha256_of(path)] for path in files]),
    }


def _plain(release: Release) -> list[object]:
    return [
        release.model_fingerprint,
        release.knowledge_revision,
        release.lexicon_revision,
        release.calibrations,
    ]


def _digest(plain: object) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version() -> str | None:
    try:
        return metadata.version("hangjia")
    except metadata.PackageNotFoundError:
        return None
