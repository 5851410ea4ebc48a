"""Trainings and releases; for operators of all knowledge bases, looking also for reviewers of all."""

from qa.api.openapi.parts import NOTHING, SESSION, Json, answers, body, errors, fields, number_in_path, ref

_JOB = fields({"job": ref("Training")})
_MODEL = fields({"model": {"type": "string"}}, required=("model",))

TRAINING: Json = {
    "/api/v1/training/": {
        "get": {
            "summary": "The latest trainings and releases.",
            "security": SESSION,
            "responses": {
                **answers(
                    fields(
                        {
                            "jobs": {"type": "array", "items": ref("Training")},
                            "releases": {"type": "array", "items": {"type": "object"}},
                            "num_new_reviews": {"type": "integer"},
                            "trouble": {"type": "string"},
                            "shadow": {"type": ["object", "null"]},
                            "candidates": {"type": "array", "items": {"type": "object"}},
                        }
                    ),
                    "The newest first.",
                ),
                **errors(400, 401, 403),
            },
        }
    },
    "/api/v1/training/start/": {
        "post": {
            "summary": "Queue a training on what is published and reviewed when it starts.",
            "security": SESSION,
            "requestBody": body(NOTHING),
            "responses": {**answers(_JOB, "It waits for the worker.", status=201), **errors(400, 401, 403, 409)},
        }
    },
    "/api/v1/training/{job_id}/cancel/": {
        "post": {
            "summary": "Stop a training.",
            "security": SESSION,
            "parameters": [number_in_path("job_id")],
            "requestBody": body(NOTHING),
            "responses": {**answers(_JOB, "As it is now."), **errors(400, 401, 403, 404, 409)},
        }
    },
    "/api/v1/training/trials/{trial_id}/shadow/": {
        "post": {
            "summary": "Let the model that was blessed in a trial run beside the live one, in place of what does.",
            "security": SESSION,
            "parameters": [number_in_path("trial_id")],
            "requestBody": body(NOTHING),
            "responses": {**answers(_MODEL, "It runs.", status=201), **errors(400, 401, 403, 404, 409, 503)},
        }
    },
    "/api/v1/training/shadow/stop/": {
        "post": {
            "summary": "Stop what runs beside the live model; what was compared stays.",
            "security": SESSION,
            "requestBody": body(NOTHING),
            "responses": {**answers(_MODEL, "It runs no more."), **errors(400, 401, 403, 404)},
        }
    },
    "/api/v1/training/releases/{number}/restore/": {
        "post": {
            "summary": "Go live with an earlier release's model and thresholds; knowledge and terms stay as they are.",
            "security": SESSION,
            "parameters": [number_in_path("number")],
            "requestBody": body(NOTHING),
            "responses": {
                **answers(
                    fields({"release": {"type": "integer"}}, required=("release",)), "What is live now.", status=201
                ),
                **errors(400, 401, 403, 404, 409, 503),
            },
        }
    },
}
