"""Models of this installation: where they lie, and whose signature they must carry."""

from pathlib import Path

from django.conf import settings

from nlp.artifacts import ModelDirectory, open_model


def model_folder(model_fingerprint: str) -> Path:
    """Return where a model lies, or would."""
    return Path(settings.MODELS_DIR) / model_fingerprint


def open_installed(model_fingerprint: str) -> ModelDirectory:
    """Open and verify a model of this installation, its signature too where MODEL_SIGNING_KEY is set.

    Raises:
        NLPError: It is missing, damaged, or foreign.
    """
    return open_model(model_folder(model_fingerprint), signing_key=settings.MODEL_SIGNING_KEY)
