"""`/api/v1/training/` and the models' page: who may, what is shown, what is refused in words."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from qa.models import KnowledgeBase, Release, Snapshot, TrainingJob, Trial
from qa.services.learning import prepare_live_model
from qa.services.promoting import live_release
from qa.services.releases import release_calibrations, release_model
from tests.factories import make_entry
from tests.qa.services.trainings.test_leasing import make_job, running

pytestmark = pytest.mark.django_db
State, Event = TrainingJob.State, TrainingJob.Event
FIGURE = {
    "knowledge_base": "small",
    "num_questions": 90,
    "live_top1": 0.8,
    "candidate_top1": 0.9,
    "live_joint": 0.7,
    "candidate_joint": 0.75,
}


def signed_in(role: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    if role != "anonymous":
        user = User.objects.create(username=role, is_staff=role != "customer")
        names = {"reviewer": ["review"], "trainer": ["train"], "both": ["review", "train"]}.get(role, [])
        user.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="qa"))
        client.force_login(user)
    return client


def post(client: Client, name: str, *ids: int) -> int:
    return client.post(reverse(name, args=ids), "{}", content_type="application/json").status_code


# page, report, list, start, cancel
STATUS = {
    "anonymous": (302, 302, 401, 401, 401),
    "customer": (302, 302, 403, 403, 403),
    "staff": (403, 403, 403, 403, 403),
    "reviewer": (200, 404, 200, 403, 403),
    "trainer": (200, 404, 200, 201, 200),
    "both": (200, 404, 200, 201, 200),
}


@pytest.mark.parametrize("role", STATUS)
def test_every_address_asks_for_its_role(role: str) -> None:
    job, client = running(seconds_left=30), signed_in(role)
    assert STATUS[role] == (
        client.get(reverse("learning-models")).status_code,
        client.get(reverse("training-report", args=[job.pk])).status_code,
        client.get(reverse("training")).status_code,
        post(client, "training-start"),
        post(client, "training-cancel", job.pk),
    )
    job.refresh_from_db()
    assert job.state == (State.CANCELLING if role in {"trainer", "both"} else State.RUNNING)
    assert TrainingJob.objects.count() == (2 if role in {"trainer", "both"} else 1)


@pytest.mark.parametrize(("role", "may"), [("reviewer", False), ("both", True)])
def test_the_button_is_there_for_those_who_may(role: str, may: bool) -> None:
    page = signed_in(role).get(reverse("learning-models"))
    assert ('id="start"' in page.text, "data-may-train" in page.text) == (may, may)
    assert "default-src 'self'" in page["Content-Security-Policy"]


def test_trainings_and_releases_are_shown(knowledge_base: KnowledgeBase) -> None:
    snapshot = Snapshot.objects.create(sha256="ab" * 32, num_train=5, num_dev=1, num_left_out=0)
    release = release_model(model_fingerprint="f" * 16)
    user = User.objects.create(username="operator")
    line = {"at": "2026-11-25T00:00:00+00:00", "attempt": 1, "event": Event.TAKEN_OVER, "detail": ""}
    trained = make_job(
        state=State.DONE,
        asked_by=user,
        snapshot=snapshot,
        candidate="f" * 16,
        release=release,
        attempts=2,
        report={"comparisons": [FIGURE]},
        history=[line],
    )
    active = running(seconds_left=30)
    TrainingJob.objects.filter(pk=active.pk).update(
        step=3, num_steps=9, loss=0.5, eta_s=12.0, stage="training the encoder"
    )
    shown = signed_in("reviewer").get(reverse("training")).json()
    first, second = shown["jobs"]
    assert (first["id"], first["state_words"], first["stage"]) == (active.pk, "runs", "training the encoder")
    assert (first["step"], first["num_steps"], first["loss"], first["eta_s"]) == (3, 9, 0.5, 12.0)
    assert (second["id"], second["asked_by"], second["snapshot"]) == (trained.pk, "operator", "ab" * 6)
    assert (second["release"], second["figures"], second["num_train"]) == (release.number, [FIGURE], 5)
    assert second["history"] == ["Attempt 1: The process died; another goes on from its last checkpoint."]
    (live,) = shown["releases"]
    assert (live["number"], live["is_live"], live["model"], live["snapshot"]) == (
        release.number,
        True,
        "f" * 16,
        "ab" * 6,
    )
    assert (live["job"], live["figures"], live["reason"]) == (trained.pk, [FIGURE], "model prepared")
    assert Release.objects.count() > 1  # those of knowledge alone are not models


@pytest.mark.parametrize(
    ("stage", "shown"),
    [("", "读取数据"), ("indexing", "建立索引"), ("ac-service: asking the candidate", "ac-service: 向候选模型提问")],
)
def test_stage_is_told_in_the_language_of_the_page(stage: str, shown: str) -> None:
    active = running(seconds_left=30)
    TrainingJob.objects.filter(pk=active.pk).update(stage=stage)
    page = signed_in("reviewer").get(reverse("training"), headers={"accept-language": "zh-hans"}).json()
    assert page["jobs"][0]["stage"] == shown


def test_what_is_refused_is_said(db: None) -> None:
    client = signed_in("both")
    assert post(client, "training-start") == 201
    refused = client.post(reverse("training-start"), "{}", content_type="application/json")
    assert (refused.status_code, "waits already" in refused.json()["message"]) == (409, True)
    assert post(client, "training-cancel", 999) == 404
    assert client.get(reverse("training-start")).status_code == 405


def restore(role: str, number: int) -> tuple[int, str]:
    answer = signed_in(role).post(reverse("release-restore", args=[number]), "{}", content_type="application/json")
    return answer.status_code, answer.json().get("message", "")


def test_a_release_is_rolled_back_to(two_entries: Release) -> None:
    first = two_entries
    second = release_calibrations(calibrations={"small": {"bias": 2}})
    assert restore("reviewer", first.number)[0] == 403
    assert restore("trainer", first.number) == (201, "")
    live = live_release()
    assert (live.calibrations, live.restores, live.reason) == (first.calibrations, first.number, "rollback")
    assert restore("third", 1)[0] == 403
    shown = signed_in("both").get(reverse("training")).json()["releases"]
    assert [(row["number"], row["is_live"], row["can_restore"], row["restores"]) for row in shown] == [
        (live.number, True, False, first.number),
        (second.number, False, True, None),
        (first.number, False, False, None),
    ]
    assert shown[0]["since"] > ""
    assert shown[1]["since"] == ""


def test_a_rollback_that_is_refused_says_why(tiny_installation: Path) -> None:
    base = KnowledgeBase.objects.create(slug="small", name="small", default_language="en")
    make_entry(base, "leak", "Why does it leak?", "Check.", "water at the unit")
    without_model = Release.objects.earliest("number")
    first = prepare_live_model(progress=lambda _stage, _done, _of: None)
    damaged = release_model(model_fingerprint="gone", calibrations={})
    release_model(model_fingerprint=first.model_fingerprint, calibrations=first.calibrations)
    number = live_release().number
    client = signed_in("both")
    refusals = {
        999: (404, "There is no release 999."),
        without_model.number: (409, f"Release {without_model.number} had no model."),
        first.number: (409, f"What release {first.number} had is live already."),
        damaged.number: (503, f"The model of release {damaged.number} is missing or damaged; what is live stays."),
    }
    for asked, refusal in refusals.items():
        answer = client.post(reverse("release-restore", args=[asked]), "{}", content_type="application/json")
        assert (answer.status_code, answer.json()["message"]) == refusal
    assert live_release().number == number


@pytest.mark.parametrize(("name", "status"), [("one.html", 200), ("gone.html", 404), ("../secret_key", 404)])
def test_a_report_is_a_file_of_the_reports_folder(settings: Settings, tmp_path: Path, name: str, status: int) -> None:
    settings.VAR_DIR = tmp_path
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "one.html").write_text("<h1>Report</h1>")
    (tmp_path / "secret_key").write_text("secret")
    job = make_job(state=State.DONE, report_path=name)
    answer = signed_in("reviewer").get(reverse("training-report", args=[job.pk]))
    assert (answer.status_code, answer.text == "<h1>Report</h1>") == (status, status == 200)
    if status == 200:
        assert "sandbox" in answer["Content-Security-Policy"]


def beside(client: Client, trial: Trial | None) -> tuple[int, str]:
    address = reverse("shadow-stop") if trial is None else reverse("shadow-start", args=[trial.pk])
    answer = client.post(address, "{}", content_type="application/json")
    return answer.status_code, answer.json().get("message", "")


def test_a_blessed_model_is_offered_run_and_stopped(tiny_installation: Path) -> None:
    base = KnowledgeBase.objects.create(slug="small", name="small", default_language="en")
    make_entry(base, "leak", "Why does it leak?", "Check.", "water at the unit")
    candidate = prepare_live_model(progress=lambda _stage, _done, _of: None).model_fingerprint
    live = release_model(model_fingerprint="f" * 16)
    rejected = Trial.objects.create(candidate_fingerprint=candidate, live_release=live, is_blessed=False)
    trainer, not_blessed = signed_in("trainer"), (409, "The judge has not blessed this model against what is live now.")
    assert trainer.get(reverse("training")).json()["candidates"] == []
    assert beside(trainer, rejected) == not_blessed
    trial = Trial.objects.create(candidate_fingerprint=candidate, live_release=live, is_blessed=True)
    [offered] = trainer.get(reverse("training")).json()["candidates"]
    assert (offered["trial"], offered["model"]) == (trial.pk, candidate)
    assert beside(signed_in("reviewer"), trial)[0] == 403
    assert beside(trainer, rejected) == not_blessed  # judged anew since
    assert beside(trainer, trial) == (201, "")
    shown = trainer.get(reverse("training")).json()
    assert (shown["shadow"]["model"], shown["shadow"]["is_running"], shown["candidates"]) == (candidate, True, [])
    assert beside(signed_in("staff"), None)[0] == 403
    assert beside(trainer, None) == (200, "")
    assert beside(trainer, None) == (404, "No model runs beside the live one.")
    (tiny_installation / "models" / candidate / "added").write_text("")
    assert beside(trainer, trial) == (503, "The model is damaged; nothing was started.")
    release_model(model_fingerprint="e" * 16)
    assert beside(trainer, trial) == not_blessed
