"""Two web processes on one database: an edit is answered in both within a second, a conversation goes on in either."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from tests.chat_client import ChatClient, message
from tests.servers import Site, manage

if TYPE_CHECKING:
    from nlp.artifacts import ModelDirectory

EFFECTIVE_S = 1.0
"""An edit is answered by every process within this time."""
QUESTION = "Which zeppelin mooring mast fits the quokka sanctuary?"
INSTALL = """
from qa.services.releases import release_model
from tests.factories import make_knowledge_base
make_knowledge_base()
release_model(model_fingerprint={fingerprint!r})
"""
EDIT = """
import time
from qa.models import KnowledgeBase
from tests.factories import make_entry
make_entry(KnowledgeBase.objects.get(), "zeppelin", {question!r}, "The tall one.")
print("committed", time.time())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def sites(
    request: pytest.FixtureRequest, prepared_model: "ModelDirectory", tmp_path: Path
) -> Iterator[tuple[Site, Site]]:
    """Give two web processes on one small installation."""
    extra = {"DATABASE_URL": request.getfixturevalue("postgresql_url")} if request.param == "postgresql" else {}
    (tmp_path / "models").symlink_to(settings.MODELS_DIR)
    manage(tmp_path, "migrate", "-v0", **extra)
    manage(tmp_path, "shell", "-v0", "-c", INSTALL.format(fingerprint=prepared_model.fingerprint), **extra)
    with Site(tmp_path, extra) as first, Site(tmp_path, extra) as second:
        yield first, second


async def test_edit_and_conversation_reach_both_processes(sites: tuple[Site, Site]) -> None:
    first, second = sites
    async with ChatClient(first.socket_url) as here, ChatClient(second.socket_url) as there:
        for client in (here, there):
            assert (await client.ask(QUESTION))["entry"] != "zeppelin"
        edit = ("shell", "-v0", "-c", EDIT.format(question=QUESTION))
        written = await asyncio.to_thread(manage, first.var, *edit, **first.extra)
        committed = float(written.split()[-1])
        for client in (here, there):
            # Whoever asks that long after the commit is answered from the edit.
            while (asked_s := time.time() - committed) < EFFECTIVE_S:
                if (await client.ask(QUESTION))["entry"] == "zeppelin":
                    break
            else:
                assert (await client.ask(QUESTION))["text"] == "The tall one.", f"asked after {asked_s:.2f} s"

        num_turns = here.seen[-1]["seq"]
        async with ChatClient(second.socket_url, token=here.token) as moved:
            turns = [await moved.receive_type("turn") for _ in range(num_turns)]
            assert turns == here.seen
            await moved.send(message("fault code e4"))
            assert (await moved.reply())["entry"] == "code-e4"
