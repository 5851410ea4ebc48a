"""SHA-256 of files and values, as manifests and fingerprints use it."""

import hashlib
import hmac
import json
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(value: object) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a JSON value (keys sorted)."""
    return hashlib.sha256(_canonical(value)).hexdigest()[:16]


def signature_of(value: object, key: str) -> str:
    """Return the HMAC-SHA-256 of a JSON value (keys sorted) under a key, 64 hexadecimal digits."""
    return hmac.new(key.encode(), _canonical(value), hashlib.sha256).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
