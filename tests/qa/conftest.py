"""A tiny pretrained encoder on disk, and an installation that prepares, trains and benchmarks with it in seconds."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings
from safetensors.numpy import save_file

from nlp.pretrained import PretrainedWeights
from qa.models import KnowledgeBase, Release
from qa.services.learning import prepare_live_model
from tests.factories import make_entry
from tests.nlp.small_training import tiny_start
from tests.sharing import made_once

Prepare = Callable[[str], Release]
"""Prepares the tiny installation for what its knowledge bases say; takes a name for that."""


def write_pretrained(folder: Path, weights: PretrainedWeights) -> Path:
    """Write weights as a folder in the Hugging Face layout."""
    shape = weights.architecture
    config = {
        "hidden_size": shape.hidden_dim,
        "num_hidden_layers": shape.num_layers,
        "num_attention_heads": shape.num_heads,
        "intermediate_size": shape.intermediate_dim,
        "max_position_embeddings": shape.max_sequence_length,
    }
    pieces = [[piece, float(score)] for piece, score in zip(weights.pieces, weights.scores, strict=True)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"type": "Unigram", "unk_id": 3, "vocab": pieces}}))
    save_file({n: np.ascontiguousarray(t) for n, t in weights.tensors.items()}, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="session")
def tiny_pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the tiny encoder, once."""
    return write_pretrained(tmp_path_factory.mktemp("pretrained") / "tiny", tiny_start())


@pytest.fixture
def tiny_installation(settings: Settings, tmp_path: Path, tiny_pretrained: Path) -> Path:
    """Point the installation at the tiny encoder, without a companion, and at empty folders of its own."""
    settings.PRETRAINED, settings.COMPANION = str(tiny_pretrained), ""
    settings.VAR_DIR = tmp_path
    settings.MODELS_DIR = tmp_path / "models"
    settings.INDEX_DIR = tmp_path / "index"
    return tmp_path


@pytest.fixture
def companion(settings: Settings, tiny_installation: Path) -> None:
    """Serve the real companion beside the tiny encoder: where retrieval must be good enough to be judged."""
    settings.COMPANION = "universal"


@pytest.fixture
def prepare(settings: Settings, tiny_installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepare:
    """Prepare the tiny installation; what another test exported for the same words is copied."""

    def prepare(name: str) -> Release:
        released: list[Release] = []

        def keep(folder: Path) -> None:
            released.append(prepare_live_model(progress=lambda *_: None))
            shutil.copytree(settings.MODELS_DIR, folder)

        kept = made_once(tmp_path_factory, f"models-{name}", keep)
        if not released:
            shutil.copytree(kept, settings.MODELS_DIR)
            released.append(prepare_live_model(progress=lambda *_: None))
        return released[0]

    return prepare


@pytest.fixture
def two_entries(db: None, prepare: Prepare) -> Release:
    """Give a prepared installation of two entries, with too few phrasings to hold any out."""
    base = KnowledgeBase.objects.create(slug="small", name="small", default_language="en")
    make_entry(base, "leak", "Why does it leak?", "Check.", "water at the unit")
    make_entry(base, "noise", "Why is it loud?", "Check.", "loud humming")
    return prepare("two entries")
