"""`manage.py sign_model`: what MODEL_SIGNING_KEY asks for, and what is refused without it."""

import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.test import override_settings

from nlp.artifacts import ModelDirectory
from nlp.exceptions import ModelForeign
from qa.engine.building import load_interpreter

KEY = "a long random text"


@pytest.fixture
def model(prepared_model: ModelDirectory, tmp_path: Path) -> Iterator[str]:
    shutil.copytree(Path(configured.MODELS_DIR) / prepared_model.fingerprint, tmp_path / prepared_model.fingerprint)
    with override_settings(MODELS_DIR=tmp_path, MODEL_SIGNING_KEY=KEY):
        yield prepared_model.fingerprint


def test_an_unsigned_model_is_refused_in_words_until_an_operator_signs_it(model: str) -> None:
    with pytest.raises(ModelForeign, match=f"is not signed, expected the signature.*manage.py sign_model {model}"):
        load_interpreter(model)
    out = StringIO()
    call_command("sign_model", model[:8], stdout=out)
    assert f"Model {model} is signed." in out.getvalue()
    assert load_interpreter(model).encoder.dim > 0


def test_signing_needs_a_key_and_a_model(model: str) -> None:
    with pytest.raises(CommandError, match=r"There is no model 'zz'; expected one of"):
        call_command("sign_model", "zz")
    with override_settings(MODEL_SIGNING_KEY=""), pytest.raises(CommandError, match="MODEL_SIGNING_KEY is not set"):
        call_command("sign_model", model)
