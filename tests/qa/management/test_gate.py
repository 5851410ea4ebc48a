"""`manage.py evaluate --gate`: exit 0 when nothing became worse, 1 and why when something did."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from qa.models import Release, Trial
from qa.services.releases import release_calibrations

pytestmark = pytest.mark.django_db

ROWS = [("leak", f"gibberish {n}") for n in range(10)] + [("__oos__", f"joke {n}") for n in range(3)]


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("evaluate", "--gate", *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.tsv"
    path.write_text("label\ttext\n" + "".join(f"{label}\t{text}\n" for label, text in ROWS), encoding="utf-8")
    return path


def test_code_is_held_against_the_first_figures_of_the_live_model(two_entries: Release, questions: Path) -> None:
    lines = run("--questions", questions).splitlines()
    assert lines == [
        "Note: There are no figures of an earlier run to hold this against; these are stored as the first.",
        f"Blessed (trial {Trial.objects.latest('pk').pk}).",
    ]
    lines = run("--questions", questions).splitlines()
    assert lines[0].startswith("small: 13 questions; decided right ")
    assert lines[0].endswith("(lost 0, gained 0, p = 1.0000)")
    assert lines[1] == "Note: small: with 13 questions only a loss of 38.5 points would be seen."
    assert [trial.kind for trial in Trial.objects.all()] == ["code", "code"]


def test_other_thresholds_are_no_baseline(two_entries: Release, questions: Path) -> None:
    run("--questions", questions)
    release_calibrations(calibrations={"small": None, "other": {}})
    assert run("--questions", questions).startswith("Note: There are no figures of an earlier run")


def test_code_that_became_worse(two_entries: Release, questions: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    printed = run("--questions", questions, "--json")
    assert not any(text in printed for _label, text in ROWS)
    stored = json.loads(printed)
    assert len(stored["outcomes"]["small"]) == len(ROWS)
    for values in stored["outcomes"]["small"].values():
        values[:] = [1, 0.99, "answer", "leak"] if values[0] else [0, 0.0, "handoff", ""]
    baseline.write_text(json.dumps(stored))
    with pytest.raises(CommandError) as error:
        run("--questions", questions, "--baseline", baseline)
    assert error.value.returncode == 1
    lines = str(error.value).splitlines()
    assert lines[0] == f"Rejected (trial {Trial.objects.latest('pk').pk}):"
    assert lines[1].startswith("- small: fewer questions are decided right: ")
    with pytest.raises(CommandError):
        run("--questions", questions, "--baseline", baseline, "--json")


@pytest.mark.parametrize(
    "content",
    ["[]", "no JSON", "{}", '{"outcomes": {"small": {"k": [1, 2]}}}', '{"outcomes": {"a": {"k": [1,1,"x",""]}}}'],
)
def test_baseline_that_is_none(two_entries: Release, tmp_path: Path, content: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content)
    with pytest.raises(CommandError, match="is no baseline"):
        run("--baseline", path)


def test_candidate(two_entries: Release, questions: Path) -> None:
    lines = run("--questions", questions, "--candidate", two_entries.model_fingerprint).splitlines()
    assert lines[0].startswith("small: 13 questions; decided right ")
    assert lines[-1] == f"Blessed (trial {Trial.objects.get().pk})."
    with pytest.raises(CommandError, match=r"Rejected \(trial \d+\):\n- The candidate can't be loaded: "):
        run("--candidate", "nowhere")


def test_options_that_belong_together(two_entries: Release, questions: Path) -> None:
    with pytest.raises(CommandError, match="give one of them"):
        run("--candidate", "x", "--baseline", questions)
    with pytest.raises(CommandError, match="--candidate is for --gate"):
        call_command("evaluate", "--candidate", "x")
    with pytest.raises(CommandError, match="--questions FILE is needed"):
        call_command("evaluate")


def test_no_live_model(db: None) -> None:
    with pytest.raises(CommandError, match="No model is live"):
        run()
