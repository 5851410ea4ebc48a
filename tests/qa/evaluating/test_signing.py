"""Signatures of reports: valid, changed, of another, missing."""

import base64
import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from qa.evaluating.signing import (
    KeyUnusable,
    ReportUntrusted,
    canonical,
    read_private_key,
    read_public_key,
    signed,
    verify,
)

pytestmark = pytest.mark.unit

DOCUMENT: dict[str, object] = {"b": [1, 0.1, None], "a": {"漏水": "ü\n"}, "made": True}
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def text_of(document: dict[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def test_what_was_signed_is_valid_in_any_layout() -> None:
    document = signed(DOCUMENT, KEY)
    for text in (text_of(document), json.dumps(document), json.dumps(dict(reversed(document.items())))):
        assert verify(text, KEY.public_key()) == document


def test_canonical_form() -> None:
    assert canonical({"b": 1.5, "a": "ü", "signature": "x"}) == '{"a":"ü","b":1.5}'.encode()


def test_any_flipped_byte_is_noticed() -> None:
    raw = json.dumps(signed(DOCUMENT, KEY), ensure_ascii=False, separators=(",", ":")).encode()
    rng = random.Random(0)
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1 << rng.randrange(8)
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            continue
        if f'"public_key":"{base64.b64encode(KEY.public_key().public_bytes_raw()).decode()}"' not in text:
            continue  # what the report says of its own key counts nothing
        with pytest.raises(ReportUntrusted):
            verify(text, KEY.public_key())


def test_another_key() -> None:
    other = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(ReportUntrusted, match="signed with another key than the one that was given"):
        verify(text_of(signed(DOCUMENT, KEY)), other)


def test_a_signature_of_a_forger_who_names_the_right_key() -> None:
    forged = signed(DOCUMENT, Ed25519PrivateKey.generate())
    forged["signature"] = {**forged["signature"], "public_key": signed(DOCUMENT, KEY)["signature"]["public_key"]}  # type: ignore[dict-item, index]
    with pytest.raises(ReportUntrusted, match="was changed after it was signed"):
        verify(text_of(forged), KEY.public_key())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (text_of(DOCUMENT), "The report is not signed"),
        (text_of({**DOCUMENT, "signature": "yes"}), "is none that is known here; expected Ed25519"),
        (text_of({**DOCUMENT, "signature": {"algorithm": "none", "value": ""}}), "is none that is known here"),
        (text_of({**DOCUMENT, "signature": {"algorithm": "Ed25519", "value": "?"}}), "signed with another key"),
        ("[1]", "no JSON object"),
        ("nothing", "no JSON of ours"),
        ('{"a": 1, "a": 2}', "a name stands in it twice"),
        ('{"a": NaN}', "NaN is no number"),
        ("[" * 100_000, "no JSON of ours"),
    ],
)
def test_what_is_no_signed_report(text: str, words: str) -> None:
    with pytest.raises(ReportUntrusted, match=words):
        verify(text, KEY.public_key())


def test_keys_on_disk(tmp_path: Path) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert verify(text_of(signed(DOCUMENT, read_private_key(private))), read_public_key(public))
    with pytest.raises(KeyUnusable, match=r"public\.pem holds no private Ed25519 key.*openssl genpkey"):
        read_private_key(public)
    with pytest.raises(KeyUnusable, match=r"private\.pem holds no public Ed25519 key"):
        read_public_key(private)
    with pytest.raises(KeyUnusable, match="can't be read: No such file"):
        read_public_key(tmp_path / "none.pem")


def test_keys_of_other_sorts(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    with pytest.raises(KeyUnusable, match="without a password"):
        read_private_key(path)
    rsa = generate_private_key(65537, 2048)
    path.write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(KeyUnusable, match="holds no private Ed25519 key"):
        read_private_key(path)
    path.write_bytes(rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(KeyUnusable, match="holds no public Ed25519 key"):
        read_public_key(path)
