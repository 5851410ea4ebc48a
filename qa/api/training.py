"""`/api/v1/training/`: trainings and releases, started, stopped, rolled back to, run beside. Session and CSRF token."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse

from qa import selectors
from qa.api.requests import endpoint, read_body, read_query, user_of
from qa.models import Role, TrainingJob
from qa.services.promoting import take_up_release
from qa.services.shadows import run_beside, stop_beside
from qa.services.trainings.asking import cancel_training, request_training


@endpoint(method="GET", role=(Role.REVIEWER, Role.OPERATOR), everywhere=True)
def models(request: HttpRequest) -> HttpResponse:
    """Answer with the latest trainings and releases."""
    read_query(request, allowed=frozenset())
    return JsonResponse(asdict(selectors.show_models()))


@endpoint(method="POST", role=Role.OPERATOR, everywhere=True)
def start(request: HttpRequest) -> HttpResponse:
    """Queue a training on what is published and reviewed when it starts: `{}`."""
    read_body(request)
    job = request_training(trigger=TrainingJob.Trigger.BUTTON, asked_by=user_of(request))
    return JsonResponse({"job": asdict(selectors.show_job(job))}, status=201)


@endpoint(method="POST", role=Role.OPERATOR, everywhere=True)
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop a training: `{}`."""
    read_body(request)
    return JsonResponse({"job": asdict(selectors.show_job(cancel_training(job_id=job_id)))})


@endpoint(method="POST", role=Role.OPERATOR, everywhere=True)
def restore(request: HttpRequest, number: int) -> HttpResponse:
    """Go live with an earlier release's model and thresholds: `{}`."""
    read_body(request)
    return JsonResponse({"release": take_up_release(number=number).number}, status=201)


@endpoint(method="POST", role=Role.OPERATOR, everywhere=True)
def start_shadow(request: HttpRequest, trial_id: int) -> HttpResponse:
    """Let a model that the judge blessed run beside the live one: `{}`."""
    read_body(request)
    return JsonResponse({"model": run_beside(trial_id=trial_id).model_fingerprint}, status=201)


@endpoint(method="POST", role=Role.OPERATOR, everywhere=True)
def end_shadow(request: HttpRequest) -> HttpResponse:
    """Stop what runs beside the live model: `{}`."""
    read_body(request)
    return JsonResponse({"model": stop_beside().model_fingerprint})
