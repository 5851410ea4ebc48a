"""The model directory that is not what was written, or not by whom: refused in words."""

import json
from pathlib import Path

import pytest

from nlp.artifacts import (
    CANARIES,
    MANIFEST,
    open_model,
    prepare_model,
    sign_model,
)
from nlp.exceptions import ModelDamaged, ModelForeign, ModelNotFound
from nlp.hashing import fingerprint
from nlp.pretrained import PretrainedWeights
from tests.nlp.conftest import TINY_TEXTS
from tests.nlp.damage import MEND, files_of, flip


@pytest.mark.faults
def test_open_model_notices_a_flipped_byte_in_each_file(tiny_copy: Path) -> None:
    for path in files_of(tiny_copy):
        size = path.stat().st_size
        for at in {0, size // 2, size - 1} if size else set():
            flip(path, at)
            with pytest.raises(ModelDamaged, match=MEND):
                open_model(tiny_copy)
            flip(path, at)
    open_model(tiny_copy)


@pytest.mark.faults
@pytest.mark.parametrize("key", ["fingerprint", "dim", "source", "files", "checksum"])
def test_open_model_notices_an_edited_manifest(tiny_copy: Path, key: str) -> None:
    manifest = json.loads((tiny_copy / MANIFEST).read_text())
    (tiny_copy / MANIFEST).write_text(json.dumps({k: v for k, v in manifest.items() if k != key}))
    with pytest.raises(ModelDamaged, match=f"was changed after it was written.*{MEND}"):
        open_model(tiny_copy)
    (tiny_copy / MANIFEST).write_text(json.dumps(manifest | {key: "other"}))
    with pytest.raises(ModelDamaged, match=f"was changed after it was written.*{MEND}"):
        open_model(tiny_copy)


@pytest.mark.faults
@pytest.mark.parametrize("name", ["more.txt", "encoder/more.bin"])
def test_open_model_names_an_added_file(tiny_copy: Path, name: str) -> None:
    (tiny_copy / name).write_text("")
    with pytest.raises(ModelDamaged, match=f"missing or added files: {name}.*{MEND}"):
        open_model(tiny_copy)


@pytest.mark.faults
def test_open_model_names_each_missing_file(tiny_copy: Path) -> None:
    for path in files_of(tiny_copy):
        if path.name == MANIFEST:
            continue
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(ModelDamaged, match=f"missing or added files: {path.relative_to(tiny_copy)}.*{MEND}"):
            open_model(tiny_copy)
        path.write_bytes(content)


@pytest.mark.faults
def test_open_model_without_a_manifest(tiny_copy: Path) -> None:
    (tiny_copy / MANIFEST).unlink()
    with pytest.raises(ModelNotFound, match=rf"holds no manifest\.json.*{MEND}"):
        open_model(tiny_copy)


@pytest.mark.faults
def test_open_model_of_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=MEND):
        open_model(tmp_path / "gone")


@pytest.mark.faults
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000], ids=["empty", "cut", "binary", "nested"])
def test_open_model_refuses_a_garbage_manifest(tiny_copy: Path, content: bytes) -> None:
    (tiny_copy / MANIFEST).write_bytes(content)
    with pytest.raises(ModelDamaged, match=rf"manifest\.json is not JSON.*{MEND}"):
        open_model(tiny_copy)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("content", "found"),
    [("[]", "None"), ("null", "None"), ("{}", "None"), ('{"format": 1}', "1"), ('{"format": "2"}', "2")],
)
def test_open_model_refuses_another_format(tiny_copy: Path, content: str, found: str) -> None:
    (tiny_copy / MANIFEST).write_text(content)
    with pytest.raises(ModelForeign, match=f"has format {found}, expected 3.*{MEND}"):
        open_model(tiny_copy)


@pytest.mark.faults
def test_a_signed_model_opens_with_its_key_alone(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    model = prepare_model(tmp_path, tiny_weights, texts=TINY_TEXTS, terms=(), signing_key="ours")
    assert open_model(model.folder, signing_key="ours") == open_model(model.folder) == model
    with pytest.raises(ModelForeign, match="is signed with another key, expected the signature of MODEL_SIGNING_KEY"):
        open_model(model.folder, signing_key="theirs")


@pytest.mark.faults
def test_a_forged_manifest_with_a_right_checksum_is_refused(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    model = prepare_model(tmp_path, tiny_weights, texts=TINY_TEXTS, terms=(), signing_key="ours")
    path = model.folder / MANIFEST
    manifest = json.loads(path.read_text())
    signature = manifest.pop("signature")
    del manifest["checksum"]
    forged = manifest | {"source": "a friend"}
    path.write_text(json.dumps(forged | {"checksum": fingerprint(forged), "signature": signature}))
    assert open_model(model.folder).source == "a friend"  # nothing but the key tells
    with pytest.raises(ModelForeign, match="signed with another key"):
        open_model(model.folder, signing_key="ours")


@pytest.mark.faults
@pytest.mark.parametrize("signature", [None, 3, "中"])
def test_a_model_without_a_signature_is_refused_until_it_is_signed(tiny_copy: Path, signature: object) -> None:
    path = tiny_copy / MANIFEST
    if signature is not None:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"signature": signature}))
    with pytest.raises(ModelForeign, match=f"sign_model {tiny_copy.name}"):
        open_model(tiny_copy, signing_key="ours")
    signed = sign_model(tiny_copy, signing_key="ours")
    assert open_model(tiny_copy, signing_key="ours") == signed


@pytest.mark.faults
def test_a_damaged_model_is_not_signed(tiny_copy: Path) -> None:
    flip(tiny_copy / CANARIES, 10)
    with pytest.raises(ModelDamaged):
        sign_model(tiny_copy, signing_key="ours")
