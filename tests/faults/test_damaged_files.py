"""Damaged models and indices: the web stays up, words are said, nothing is lost, and answers stay right."""

import asyncio
import json
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from qa.models import KnowledgeBase, Release
from tests.chat_client import ChatClient
from tests.servers import PATIENCE_S, Site, copy_installation

QUESTION = "移机收费多少？"
NOT_READY_S = 120.0


@pytest.fixture
def installation(site_var: Path, tmp_path: Path) -> Path:
    """Give a copy of the demonstration's installation, to be damaged at will."""
    return copy_installation(site_var, tmp_path / "copy")


def flip_a_byte(path: Path) -> None:
    """Change one bit in the middle of a file, and nothing else about it."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def model_of(installation: Path) -> Path:
    """Return the model's folder; the copy has the live release's only."""
    (folder,) = (installation / "models").iterdir()
    return folder


def tamper(model: Path) -> None:
    """Change one bit of the weights, which are the largest file."""
    flip_a_byte(max((path for path in model.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size))


def replace_by_another(model: Path) -> None:
    """Make the manifest one of another format, as another version of the program writes."""
    path = model / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 999}))


def wait_for_readiness(url: str, status: int) -> str:
    """Wait until /readyz gives a status; return its words."""
    deadline = time.monotonic() + NOT_READY_S
    while True:
        response = httpx.get(f"{url}readyz", timeout=PATIENCE_S)
        if response.status_code == status or time.monotonic() > deadline:
            assert response.status_code == status, response.text
            return str(response.json()["detail"])
        time.sleep(0.2)


@pytest.mark.parametrize("damage", [tamper, replace_by_another, shutil.rmtree])
async def test_damaged_model_is_said_in_words_and_mended_without_a_restart(
    installation: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    model = model_of(installation)
    shutil.copytree(model, tmp_path / "sound")
    damage(model)
    with Site(installation, must_be_ready=False) as site:
        detail = wait_for_readiness(site.url, 503)
        assert "prepare_model" in detail
        assert "Traceback" not in detail
        assert httpx.get(site.url, timeout=PATIENCE_S).status_code == 200
        assert httpx.get(f"{site.url}livez", timeout=PATIENCE_S).status_code == 200
        async with ChatClient(site.socket_url) as client:
            notice = await client.ask(QUESTION)
            assert (notice["role"], notice["kind"], notice["seq"]) == ("system", "notice", 2)
            assert notice["text"]
            assert client.seen[0]["text"] == QUESTION

            shutil.rmtree(model, ignore_errors=True)
            shutil.copytree(tmp_path / "sound", model)
            await asyncio.to_thread(wait_for_readiness, site.url, 200)  # the socket answers pings meanwhile
            assert (await client.ask(QUESTION))["kind"] == "answer"
        async with ChatClient(site.socket_url, token=client.token) as again:
            turns = [await again.receive_type("turn") for _ in range(4)]
            assert [turn["role"] for turn in turns] == ["customer", "system", "customer", "bot"]


async def test_damaged_index_is_passed_over_and_answers_are_right(installation: Path) -> None:
    for path in (installation / "index").rglob("index.faiss"):
        flip_a_byte(path)
    with Site(installation) as site:
        assert "index snapshot passed over" in site.log_text()
        async with ChatClient(site.socket_url) as client:
            reply = await client.ask(QUESTION)
    assert (reply["kind"], "元" in reply["text"]) == ("answer", True)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def zero_the_tail(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-16] + bytes(16))


@pytest.mark.parametrize("damage", [flip_a_byte, truncate, append, zero_the_tail, Path.unlink])
@pytest.mark.parametrize("name", ["index.faiss", "documents.jsonl", "centring.npy", "manifest.json"])
def test_each_file_of_a_snapshot_is_watched(
    engine_loaded: Release,
    knowledge_base: KnowledgeBase,
    caplog: pytest.LogCaptureFixture,
    name: str,
    damage: Callable[[Path], None],
) -> None:
    from qa import engine
    from qa.engine.building import build_bundle, snapshot_folder
    from qa.engine.bundle import Question
    from qa.services.learning import save_snapshot

    bundle = engine.current()
    sound = bundle.searcher.partition(knowledge_base.pk)
    root = snapshot_folder(knowledge_base.pk, engine_loaded.model_fingerprint)
    shutil.rmtree(root, ignore_errors=True)
    save_snapshot(base_id=knowledge_base.pk, partition=sound, release=engine_loaded)
    damage(root / str(engine_loaded.knowledge_revision) / name)

    with caplog.at_level(logging.WARNING, logger="qa.engine"):
        rebuilt = build_bundle(engine_loaded, bundle.interpreter, bundle.interpreter.encoder)
    assert "index snapshot passed over" in caplog.text
    question = Question(knowledge_base.pk, "how much to move my aircon")
    assert rebuilt.consider([question]) == bundle.consider([question])
    shutil.rmtree(root)


@pytest.mark.parametrize("name", ["documents.jsonl", "manifest.json"])
def test_snapshot_that_cannot_be_used_is_written_again(
    engine_loaded: Release, knowledge_base: KnowledgeBase, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa import engine
    from qa.engine.building import snapshot_folder
    from qa.services.learning import refresh_stale_snapshots, save_snapshot
    from retrieval.storage import is_sound

    partition = engine.current().searcher.partition(knowledge_base.pk)
    root = snapshot_folder(knowledge_base.pk, engine_loaded.model_fingerprint)
    shutil.rmtree(root, ignore_errors=True)
    folder = root / str(engine_loaded.knowledge_revision)
    save_snapshot(base_id=knowledge_base.pk, partition=partition, release=engine_loaded)
    written = (folder / name).stat().st_ino
    save_snapshot(base_id=knowledge_base.pk, partition=partition, release=engine_loaded)
    assert (folder / name).stat().st_ino == written
    append(folder / name)

    assert not is_sound(folder, fingerprint=engine_loaded.model_fingerprint)
    save_snapshot(base_id=knowledge_base.pk, partition=partition, release=engine_loaded)
    assert is_sound(folder, fingerprint=engine_loaded.model_fingerprint)
    append(folder / name)

    with monkeypatch.context() as patched:
        patched.setattr("qa.services.learning.STALE_AFTER_ENTRIES", 1)
        refresh_stale_snapshots()  # nothing was edited since: it can't be used, so it counts as none
    assert is_sound(folder, fingerprint=engine_loaded.model_fingerprint)
    shutil.rmtree(root)


def test_snapshot_of_another_encoder_is_passed_over(
    engine_loaded: Release, knowledge_base: KnowledgeBase, caplog: pytest.LogCaptureFixture
) -> None:
    from qa import engine
    from qa.engine.building import build_bundle, snapshot_folder
    from retrieval.storage import save_partition

    bundle = engine.current()
    root = snapshot_folder(knowledge_base.pk, engine_loaded.model_fingerprint)
    shutil.rmtree(root, ignore_errors=True)
    folder = root / str(engine_loaded.knowledge_revision)
    save_partition(folder, bundle.searcher.partition(knowledge_base.pk), fingerprint="another")
    with caplog.at_level(logging.WARNING, logger="qa.engine"):
        build_bundle(engine_loaded, bundle.interpreter, bundle.interpreter.encoder)
    assert "another" in caplog.text
    shutil.rmtree(root)
