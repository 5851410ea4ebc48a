"""`manage.py releases`, `promote` and `rollback`: what is said, and what a refusal looks like."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from qa.models import KnowledgeBase, Release
from qa.services.learning import prepare_live_model
from qa.services.releases import release_calibrations
from tests.factories import make_entry

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def installed(tiny_installation: Path) -> Release:
    base = KnowledgeBase.objects.create(slug="small", name="small", default_language="en")
    make_entry(base, "leak", "Why does it leak?", "Check.", "water at the unit")
    make_entry(base, "noise", "Why is it loud?", "Check.", "loud humming")
    return prepare_live_model(progress=lambda *_: None)


def test_no_release() -> None:
    assert run("releases") == "There is no release yet.\n"
    assert json.loads(run("releases", "--json")) == {"live": None, "since": None, "releases": []}
    with pytest.raises(CommandError, match="Nothing is live yet"):
        run("rollback")


def test_rollback_says_what_it_restores(installed: Release) -> None:
    release_calibrations(calibrations={"small": {"bias": 2}})
    lines = run("rollback").splitlines()
    number = Release.objects.latest("number").number
    assert lines == [
        f"Release {number} is live with what release {installed.number} had.",
        (
            f"Restored: model {installed.model_fingerprint} (it was live already); confidence and thresholds of "
            f"{', '.join(installed.calibrations) or 'no knowledge base: the default confidence'}."
        ),
        (
            f"Not restored: knowledge (revision 2; release {installed.number} had 2) and terms (revision 0; it had 0) "
            "stay as they are now, and so do promises."
        ),
    ]


def test_list_says_what_is_live_and_why(installed: Release) -> None:
    release_calibrations(calibrations={"small": {"bias": 2}})
    run("rollback", installed.number)
    lines = run("releases", "--limit", 3).splitlines()
    assert lines[0].startswith(f"Release {installed.number + 2} is live since ")
    assert len(lines) == 4
    assert lines[1].split()[:2] == ["*", str(installed.number + 2)]
    assert f"rolled back, as {installed.number}; model {installed.model_fingerprint}" in lines[1]
    listed = json.loads(run("releases", "--json"))
    assert listed["live"] == installed.number + 2
    assert [row["reason"] for row in listed["releases"]] == [
        *("rollback", "calibration", "model", "knowledge", "knowledge"),
    ]


def test_promote(installed: Release) -> None:
    with pytest.raises(CommandError, match="has not been judged"):
        run("promote", installed.model_fingerprint)
    out = run("promote", installed.model_fingerprint, "--unjudged")
    assert out == f"Release {installed.number + 1} is live with model {installed.model_fingerprint}.\n"
    release_calibrations(calibrations={"small": {"bias": 2}})
    run("promote", installed.number)
    last = Release.objects.latest("number")
    assert (last.reason, last.restores, last.calibrations) == ("promotion", installed.number, installed.calibrations)
    with pytest.raises(CommandError, match="There is no model '12345678'"):
        run("promote", "12345678")
