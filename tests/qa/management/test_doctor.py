"""`manage.py doctor`: nothing to say of a sound installation, and each fault in words with what to do."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from qa.diagnosing import database, machine, models, site
from qa.diagnosing.problems import Check
from qa.models import KnowledgeBase, LiveRelease, Release
from qa.services.jobs import PROPOSE_REVIEWS, ask_worker

pytestmark = pytest.mark.django_db
SOUND_KEY = "kX3-vN8_qR2tYw5zB7cD9fG1hJ4mP6sL0uA"


@pytest.fixture(autouse=True)
def empty_queue(settings: Settings) -> Iterator[None]:
    """Let nothing wait that other tests asked for, and take a key that can't be guessed."""
    settings.SECRET_KEY = SOUND_KEY
    with current_app.connection() as connection:
        connection.default_channel.queue_purge("default")  # type: ignore[attr-defined]
    yield
    with current_app.connection() as connection:
        connection.default_channel.queue_purge("default")  # type: ignore[attr-defined]


def consult(**options: bool) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed."""
    out, code = io.StringIO(), 0
    try:
        call_command("doctor", stdout=out, no_color=True, **options)
    except SystemExit as error:
        code = int(error.code or 0)
    return code, out.getvalue()


def said(check: Check) -> list[str]:
    return [problem.says for problem in check()]


def test_a_sound_installation_has_nothing_wrong(live_release: Release) -> None:
    User.objects.create_superuser("admin", password="-")
    code, text = consult()
    assert (code, text.splitlines()[-1]) == (0, "Nothing is wrong.")
    assert [line for line in text.splitlines()[:-1] if not line.startswith("  ok ")] == []
    code, text = consult(json=True)
    found: dict[str, Any] = json.loads(text)
    assert (code, found["well"], {one["needed"] for one in found["checks"]}) == (0, True, {None})


def test_an_empty_installation_says_what_to_do_first(db: None) -> None:
    code, text = consult()
    assert code == 1
    assert "  !! knowledge: There is no knowledge base.\n     Import one: `manage.py import_knowledge" in text
    assert "  !! release: No release is live.\n     Run `manage.py prepare_model`." in text
    assert "  ?  model: not looked at, because of “model files”" in text
    assert text.splitlines()[-1] == "3 things are wrong."


def test_a_damaged_model_is_named(live_release: Release, settings: Settings, tmp_path: Path) -> None:
    whole = Path(settings.MODELS_DIR) / live_release.model_fingerprint
    broken = tmp_path / live_release.model_fingerprint
    broken.mkdir()
    (broken / "manifest.json").write_bytes((whole / "manifest.json").read_bytes())
    assert said(models.check_model_files) == []
    settings.MODELS_DIR = tmp_path
    [words] = said(models.check_model_files)
    assert "missing or added files" in words


def test_a_damaged_index_is_named(live_release: Release, settings: Settings, tmp_path: Path) -> None:
    settings.INDEX_DIR = tmp_path
    assert said(models.check_index) == []
    folder = tmp_path / str(KnowledgeBase.objects.get().pk) / live_release.model_fingerprint / "3"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    [words] = said(models.check_index)
    assert words.startswith("The index of knowledge base small: ")


def test_a_release_without_a_model_is_named(knowledge_base: KnowledgeBase) -> None:
    number = LiveRelease.objects.get().release_id
    assert said(models.check_release) == [f"Release {number} is live without a model."]


def test_a_clock_that_went_back_is_named() -> None:
    release = Release.objects.create(reason="model", knowledge_revision=1, lexicon_revision=1)
    assert said(database.check_clock) == []
    Release.objects.filter(pk=release.pk).update(created_at=timezone.now() + timezone.timedelta(seconds=90))
    [words] = said(database.check_clock)
    assert "the clock of this machine is behind" in words


def test_jobs_that_nobody_takes_are_counted() -> None:
    assert said(machine.check_worker) == []
    ask_worker(PROPOSE_REVIEWS, 1)
    ask_worker(PROPOSE_REVIEWS, 2)
    assert said(machine.check_worker) == ["2 jobs wait and no worker answered within 2 s."]


def test_a_folder_that_is_a_file_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    settings.MODELS_DIR = tmp_path / "models"
    [words] = said(machine.check_folder)
    assert words == f"Nothing can be written in {tmp_path / 'models'}: File exists."


def test_a_redis_that_is_not_there_is_named(tmp_path: Path) -> None:
    environment = {**os.environ, "HANGJIA_VAR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1/0"}
    environment["DJANGO_SETTINGS_MODULE"] = "qa.settings"
    command = [sys.executable, "manage.py", "doctor", "--json"]
    done = subprocess.run(
        command, cwd=configured.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    found = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    assert (done.returncode, found["worker"]["needed"]) == (1, "queue")
    [problem] = found["queue"]["problems"]
    assert problem["says"].startswith("The queue of jobs can't be reached: Error 111")
    assert problem["mend"] == "Start Redis, or mend REDIS_URL."


@pytest.mark.parametrize(
    ("check", "changed", "words"),
    [
        (site.check_key, {"SECRET_KEY": "secret"}, "SECRET_KEY has 6 characters"),
        (site.check_key, {"SECRET_KEY": "a" * 50}, "SECRET_KEY has 50 characters, 1 of them different"),
        (site.check_hosts, {"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS is *"),
        (site.check_hosts, {"ALLOWED_HOSTS": []}, "ALLOWED_HOSTS is empty"),
        (site.check_hosts, {"ALLOWED_HOSTS": ["shop.example"], "DEBUG": True}, "DEBUG is on under shop.example"),
        (site.check_hosts, {"ALLOWED_HOSTS": ["shop.example"]}, ""),
        (site.check_hosts, {"ALLOWED_HOSTS": ["localhost"], "DEBUG": True}, ""),
        (site.check_origins, {"ALLOWED_ORIGINS": ["shop.example"]}, "ALLOWED_ORIGINS holds “shop.example”"),
        (site.check_origins, {"ALLOWED_ORIGINS": ["https://shop.example"]}, ""),
        (site.check_key, {"SECRET_KEY": SOUND_KEY}, ""),
    ],
)
def test_settings_that_are_wrong_where_customers_are(
    settings: Settings, check: Check, changed: dict[str, object], words: str
) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    found = said(check)
    assert [text.startswith(words) for text in found] == ([True] if words else [])
