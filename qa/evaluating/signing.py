"""Signing a report, and telling whether it is what was signed: Ed25519 over canonical JSON.

References:
    RFC 8032 for Ed25519. Canonical here: UTF-8, keys sorted, no blanks, no NaN, as `canonical` writes it.
"""

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

from qa.exceptions import QAError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "Ed25519"
SIGNATURE = "signature"
_MAKE_KEYS = "openssl genpkey -algorithm ed25519 -out private.pem; openssl pkey -in private.pem -pubout -out public.pem"


class KeyUnusable(QAError):
    """Raised when a file holds no Ed25519 key in PEM, or one under a password."""


class ReportUntrusted(QAError):
    """Raised when a report is not what was signed, or was signed by somebody else, or by nobody."""


def canonical(document: dict[str, object]) -> bytes:
    """Return the one way to write a document down; what stands under `signature` is left out."""
    signed = {key: value for key, value in document.items() if key != SIGNATURE}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def signed(document: dict[str, object], key: "Ed25519PrivateKey") -> dict[str, object]:
    """Return a document with its signature, and the public key that it can be checked with."""
    value = base64.b64encode(key.sign(canonical(document))).decode()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return {**document, SIGNATURE: {"algorithm": ALGORITHM, "public_key": public, "value": value}}


def verify(text: str, key: "Ed25519PublicKey") -> dict[str, object]:
    """Return the document that a signed report holds.

    Args:
        text: The report's file.
        key: Of whoever is expected to have signed it. The one that stands in the report proves nothing.

    Raises:
        ReportUntrusted: In words.
    """
    from cryptography.exceptions import InvalidSignature

    document = _read(text)
    signature = document.get(SIGNATURE)
    if signature is None:
        raise ReportUntrusted("The report is not signed. Ask for one that was made with --key.")
    if not isinstance(signature, dict) or signature.get("algorithm") != ALGORITHM:
        raise ReportUntrusted(f"The report's signature is none that is known here; expected {ALGORITHM}.")
    try:
        value = base64.b64decode(str(signature.get("value")), validate=True)
        key.verify(value, canonical(document))
    except (InvalidSignature, ValueError) as error:
        named = str(signature.get("public_key"))
        if named != base64.b64encode(key.public_bytes_raw()).decode():
            raise ReportUntrusted("The report was signed with another key than the one that was given.") from error
        raise ReportUntrusted("The report was changed after it was signed, or its signature was.") from error
    return document


def read_private_key(path: Path) -> "Ed25519PrivateKey":
    """Read a private key in PEM, without a password.

    Raises:
        KeyUnusable: In words.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_bytes_of(path), password=None)
    except (ValueError, TypeError) as error:  # TypeError: a password is needed
        raise _unusable(path, "private") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path, "private")
    return key


def read_public_key(path: Path) -> "Ed25519PublicKey":
    """Read a public key in PEM.

    Raises:
        KeyUnusable: In words.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_bytes_of(path))
    except ValueError as error:
        raise _unusable(path, "public") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable(path, "public")
    return key


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyUnusable(f"{path} can't be read: {error.strerror}. To make a pair of keys: {_MAKE_KEYS}") from error


def _unusable(path: Path, kind: str) -> KeyUnusable:
    return KeyUnusable(
        f"{path} holds no {kind} {ALGORITHM} key in PEM without a password. To make a pair of keys: {_MAKE_KEYS}"
    )


def _read(text: str) -> dict[str, object]:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        document = dict(pairs)
        if len(document) != len(pairs):  # readers differ in which of two they believe
            raise ValueError("a name stands in it twice")
        return document

    try:
        document = json.loads(text, object_pairs_hook=unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ReportUntrusted(f"The report is no JSON of ours: {error}.") from error
    if not isinstance(document, dict):
        raise ReportUntrusted("The report is no JSON object.")
    return document


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no number")
