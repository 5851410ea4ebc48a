"""Trainings run as jobs: figures while they run, an end in words, stopped when somebody wants it."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from nlp import artifacts
from qa.models import LiveRelease, Release, TrainingJob
from qa.services import judging
from qa.services.snapshots.workflow import make_snapshot
from qa.services.trainings.asking import cancel_training
from qa.services.trainings.leasing import claim_training
from qa.services.trainings.running import run_claimed, run_trainings
from tests.qa.conftest import Prepare
from tests.qa.services.test_training import Stages, live, make_base
from tests.qa.services.trainings.test_leasing import ELSEWHERE, make_job

pytestmark = pytest.mark.django_db
State, Event = TrainingJob.State, TrainingJob.Event
FEW = {"epochs": 1, "max_steps": 3, "checkpoint_every": 1}


@pytest.fixture
def installed(db: None, prepare: Prepare) -> Release:
    """Give a prepared installation that is too small to hold phrasings out."""
    make_base("small", 3, 4)
    return prepare("small")


def claimed(**fields: object) -> TrainingJob:
    make_job(**{"options": FEW, **fields})
    job = claim_training()
    assert job is not None
    return job


def ended(job: TrainingJob) -> tuple[str, list[str]]:
    job.refresh_from_db()
    assert (job.slot, job.lease_until) == (None, None)
    return job.state, [line["event"] for line in job.history]


def test_a_training_goes_live_and_says_so(installed: Release, tiny_installation: Path) -> None:
    first, second = make_job(options=FEW), make_job(options=FEW, seed=1)
    assert run_trainings() == 2
    for job in (first, second):
        assert ended(job) == (State.DONE, [])
        assert (job.step, job.num_steps, job.stage) == (job.num_steps, job.num_steps, "fitting the confidence")
        assert job.loss is not None
        assert job.snapshot == make_snapshot()[0]
        assert (job.attempts, job.finished_at is not None) == (1, True)
        assert (tiny_installation / "tensorboard" / f"training-{job.pk}").is_dir()
    assert first.candidate != second.candidate
    assert (second.release, second.candidate) == (live(), live().model_fingerprint)


def test_a_model_that_is_worse_is_rejected(db: None, prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    make_base("large", 45, 20)
    before = prepare("large without a companion")
    judge = judging.judge
    monkeypatch.setattr(judging, "judge", lambda *a, **o: replace(judge(*a, **o), is_blessed=False))
    job = claimed()
    run_claimed(job=job)
    assert ended(job) == (State.REJECTED, [])
    assert [c["knowledge_base"] for c in job.report["comparisons"]] == ["large"]
    assert (live(), job.release) == (before, before)


def test_it_stops_before_the_next_step_and_goes_on_from_there(installed: Release, tiny_installation: Path) -> None:
    job, before = claimed(options={**FEW, "epochs": 50, "max_steps": 40}), live()
    told: list[int] = []

    def stop(stage: str, done: int, of: int) -> None:
        told.append(done)
        if stage == "training the encoder" and done == 2:
            cancel_training(job_id=job.pk)

    assert run_claimed(job=job, progress=stop) is None
    assert ended(job) == (State.CANCELLED, [Event.STOPPED])
    assert (told[-1], live()) == (2, before)
    assert (tiny_installation / "checkpoints" / "checkpoint.npz").exists()
    again, stages = claimed(options={**FEW, "epochs": 50, "max_steps": 40}), Stages()
    assert run_claimed(job=again, progress=stages) is not None
    assert next(done for stage, done, _of in stages.told if stage == "training the encoder") == 3
    assert not (tiny_installation / "checkpoints").exists()


def test_a_refusal_is_told_and_not_tried_again(db: None, tiny_installation: Path) -> None:
    job = claimed()
    assert run_claimed(job=job) is None
    assert ended(job) == (State.FAILED, [Event.REFUSED])
    assert "at least two published entries" in job.history[0]["detail"]


def test_what_nobody_foresaw_is_tried_three_times(installed: Release, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    LiveRelease.objects.update(release=None)
    settings.MODELS_DIR = tmp_path / "file"
    job = make_job(options=FEW)
    assert run_trainings() == 3
    assert ended(job) == (State.PARKED, [Event.UNEXPECTED] * 3)
    assert [line["detail"] for line in job.history] == ["FileExistsError"] * 3


def test_a_full_disk_loses_no_training(installed: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    with monkeypatch.context() as full:
        full.setattr(artifacts, "_write", refuse)
        job = claimed()
        assert run_claimed(job=job) is None
    assert ended(job) == (State.FAILED, [Event.REFUSED])
    detail = job.history[0]["detail"]
    assert "could not be read or written: No space left on device. What is live stays." in detail
    assert detail.endswith("A training that was done is kept.")
    assert live() == installed
    again, stages = claimed(), Stages()
    assert run_claimed(job=again, progress=stages) is not None
    assert "training the encoder" not in stages.names
    assert ended(again) == (State.DONE, [])


def test_it_stops_before_anything_goes_live(installed: Release) -> None:
    job = claimed()

    def stop(stage: str, done: int, of: int) -> None:
        if stage == "weighing":
            cancel_training(job_id=job.pk)

    assert run_claimed(job=job, progress=stop) is None
    assert ended(job) == (State.CANCELLED, [Event.STOPPED])
    assert job.candidate
    assert live() == installed


def test_what_was_taken_over_is_left_alone(installed: Release) -> None:
    job = claimed(options={**FEW, "epochs": 50, "max_steps": 40})

    def lose(stage: str, done: int, _of: int) -> None:
        if stage == "training the encoder" and done == 1:
            TrainingJob.objects.update(holder=ELSEWHERE)

    assert run_claimed(job=job, progress=lose) is None
    job.refresh_from_db()
    assert (job.state, job.holder, job.history) == (State.RUNNING, ELSEWHERE, [])
    assert live() == installed


def test_a_trained_model_is_not_trained_again(installed: Release, tiny_installation: Path) -> None:
    first = claimed()
    run_claimed(job=first)
    stray = tiny_installation / "models" / ".half-written"
    again = claimed(candidate=live().model_fingerprint, attempts=1)
    stray.mkdir()
    stages = Stages()
    assert run_claimed(job=again, progress=stages) is not None
    assert "training the encoder" not in stages.names
    assert ended(again)[0] == State.DONE
    assert not stray.exists()
