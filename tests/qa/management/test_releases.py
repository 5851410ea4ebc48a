"""`manage.py releases`, `promote` and `rollback`: what is said, and what a refusal looks like."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from qa.models import Release
from qa.services.releases import release_calibrations

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_no_release() -> None:
    assert run("releases") == "There is no release yet.\n"
    assert json.loads(run("releases", "--json")) == {"live": None, "since": None, "releases": []}
    with pytest.raises(CommandError, match="Nothing is live yet"):
        run("rollback")


def test_rollback_says_what_it_restores(two_entries: Release) -> None:
    release_calibrations(calibrations={"small": {"bias": 2}})
    lines = run("rollback").splitlines()
    number = Release.objects.latest("number").number
    assert lines == [
        f"Release {number} is live with what release {two_entries.number} had.",
        (
            f"Restored: model {two_entries.model_fingerprint} (it was live already); confidence and thresholds of "
            f"{', '.join(two_entries.calibrations) or 'no knowledge base: the default confidence'}."
        ),
        (
            f"Not restored: knowledge (revision 2; release {two_entries.number} had 2) and terms (revision 0; it had 0) "
            "stay as they are now, and so do promises."
        ),
    ]


def test_list_says_what_is_live_and_why(two_entries: Release) -> None:
    release_calibrations(calibrations={"small": {"bias": 2}})
    run("rollback", two_entries.number)
    lines = run("releases", "--limit", 3).splitlines()
    assert lines[0].startswith(f"Release {two_entries.number + 2} is live since ")
    assert len(lines) == 4
    assert lines[1].split()[:2] == ["*", str(two_entries.number + 2)]
    assert f"rolled back, as {two_entries.number}; model {two_entries.model_fingerprint}" in lines[1]
    listed = json.loads(run("releases", "--json"))
    assert listed["live"] == two_entries.number + 2
    assert [row["reason"] for row in listed["releases"]] == [
        *("rollback", "calibration", "model", "knowledge", "knowledge"),
    ]


def test_promote(two_entries: Release) -> None:
    with pytest.raises(CommandError, match="has not been judged"):
        run("promote", two_entries.model_fingerprint)
    out = run("promote", two_entries.model_fingerprint, "--unjudged")
    assert out == f"Release {two_entries.number + 1} is live with model {two_entries.model_fingerprint}.\n"
    release_calibrations(calibrations={"small": {"bias": 2}})
    run("promote", two_entries.number)
    last = Release.objects.latest("number")
    assert (last.reason, last.restores, last.calibrations) == (
        "promotion",
        two_entries.number,
        two_entries.calibrations,
    )
    with pytest.raises(CommandError, match="There is no model '12345678'"):
        run("promote", "12345678")
