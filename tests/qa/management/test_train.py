"""`manage.py train`: what is printed when a model goes live, when it does not, and when nothing can be trained."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

from nlp.artifacts import prepare_model
from qa.evaluating.verdicts import Verdict
from qa.models import KnowledgeBase, LiveRelease, TrainingJob, Trial
from qa.services import judging
from qa.services.learning import read_domain, read_weights
from qa.services.releases import release_model
from tests.factories import make_entry

pytestmark = pytest.mark.django_db

JUDGE = judging.judge
FEW = ("--epochs", "1", "--max-steps", "2")


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("train", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def blessing(*arguments: Any, **options: Any) -> Verdict:
    """Judge for real, and bless whatever it is."""
    return replace(JUDGE(*arguments, **options), is_blessed=True, reasons=())


def live_number() -> int | None:
    return LiveRelease.objects.values_list("release_id", flat=True).get()


@pytest.fixture
def installed(tiny_installation: Path) -> KnowledgeBase:
    """Give a prepared installation of two entries, one with 800 phrasings: a hundred of them are held out."""
    base = KnowledgeBase.objects.create(slug="trade", name="Trade", default_language="en")
    make_entry(base, "leak", "Why does it leak?", "Check.", *(f"water at the unit number {n}" for n in range(400)))
    make_entry(base, "noise", "Why is it loud?", "Check.", *(f"loud humming of fan {n}" for n in range(400)))
    domain = read_domain()
    model = prepare_model(Path(settings.MODELS_DIR), read_weights(), texts=domain.texts, terms=domain.terms)
    release_model(model_fingerprint=model.fingerprint)
    return base


def test_command_says_what_came_of_it(
    installed: KnowledgeBase, tiny_installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "judge", blessing)  # two steps are no training: whatever comes of it
    before = live_number()
    lines = run(*FEW, "--logs", str(tiny_installation / "logs")).splitlines()
    assert lines[0].startswith("2 steps in ")
    assert lines[0].endswith(f"s; TensorBoard's logs: {tiny_installation / 'logs'}")
    job = TrainingJob.objects.get()
    assert (job.state, job.trigger, job.attempts, job.step, job.num_steps) == ("done", "command", 1, 2, 2)
    assert job.report_path == f"trial-{Trial.objects.get().pk}/report.html"
    assert lines[1] == f"Training {job.pk}, on snapshot {job.snapshot}"
    assert lines[2].startswith("trade: ")
    assert " questions; first entry right " in lines[2]
    assert lines[3] == f"Release {live_number()} is live with model {live_fingerprint()}."
    assert live_number() == (before or 0) + 1
    assert list((tiny_installation / "logs").glob("events*"))


def live_fingerprint() -> str:
    release = LiveRelease.objects.select_related("release").get().release
    assert release is not None
    return release.model_fingerprint


def test_a_quick_training_needs_a_companion(installed: KnowledgeBase) -> None:
    before = live_number()
    with pytest.raises(CommandError, match="this installation has none .COMPANION.. Train without --quick"):
        run("--quick", *FEW)
    assert TrainingJob.objects.get().options["quick"]
    assert live_number() == before


def test_command_says_that_the_live_model_stays(installed: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MAX_SIZE_MB", 0.0)  # nothing is that small
    before = live_number()
    lines = run(*FEW).splitlines()
    number = Trial.objects.latest("pk").pk
    assert lines[-1] == f"The judge rejected the trained model (trial {number}); the one that was live stays."
    assert any(line.startswith("The model has ") and line.endswith(" MB; at most 0.0 are allowed.") for line in lines)
    assert live_number() == before


def test_json(installed: KnowledgeBase, tiny_installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "judge", blessing)
    outcome = json.loads(run(*FEW, "--json"))
    assert outcome.keys() == {
        *("model_fingerprint", "comparisons", "is_live", "release", "num_steps", "seconds", "logs", "trial", "reasons"),
        *("job", "snapshot"),
    }
    assert (outcome["is_live"], outcome["release"], outcome["num_steps"]) == (True, live_number(), 2)
    (comparison,) = outcome["comparisons"]
    assert comparison.keys() == {
        *("knowledge_base", "num_questions", "live_top1", "candidate_top1", "live_joint", "candidate_joint")
    }
    # Without --logs they go to a folder of their own.
    assert Path(outcome["logs"]).parent == tiny_installation / "tensorboard"


def test_nothing_to_train_on(tiny_installation: Path) -> None:
    with pytest.raises(CommandError, match="at least two published entries"):
        run(*FEW)


def test_missing_weights_are_said(knowledge_base: KnowledgeBase, settings: Settings, tiny_installation: Path) -> None:
    settings.PRETRAINED = str(tiny_installation / "gone")
    with pytest.raises(CommandError, match="gone holds no config.json"):
        run(*FEW)


@pytest.mark.parametrize("arguments", [("--epochs", "0"), ("--max-steps", "-1"), ("--epochs", "many")])
def test_numbers_that_are_none_are_refused(arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=f"'{arguments[1]}' is no whole number above 0"):
        run(*arguments)
