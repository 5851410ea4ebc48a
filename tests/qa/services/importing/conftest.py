"""A knowledge base to import into, and a way to do it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.models import KnowledgeBase, Phrasing
from qa.services.importing import ImportReport, import_knowledge

Bring = Callable[..., ImportReport]
"""Imports entries (and other parts of a JSON file, by keyword)."""


@pytest.fixture
def knowledge_base(db: None) -> KnowledgeBase:
    return KnowledgeBase.objects.create(slug="kb", name="KB")


@pytest.fixture
def bring(tmp_path: Path, knowledge_base: KnowledgeBase) -> Bring:
    def bring(*entries: object, dry_run: bool = False, **parts: object) -> ImportReport:
        path = tmp_path / "f.json"
        path.write_text(json.dumps({"entries": entries, **parts}))
        return import_knowledge(path=path, knowledge_base=knowledge_base, dry_run=dry_run)

    return bring


def phrasings(source: str = "import") -> set[tuple[str, str]]:
    return set(Phrasing.objects.filter(source=source).values_list("language", "text"))
