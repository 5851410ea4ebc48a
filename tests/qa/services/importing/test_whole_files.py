"""Importing whole files: the demonstration, the documentation's examples, ten thousand phrasings, any table."""

import csv
import json
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from qa.exceptions import ImportRefused
from qa.models import Answer, Entry, KnowledgeBase, Phrasing, Term
from qa.services.importing import import_knowledge
from qa.services.importing.columns import COLUMNS
from tests.servers import ROOT

DEMO = ROOT / "qa" / "demo"
FENCES = re.findall(r"```(csv|tsv|jsonl|json|markdown)\n(.*?)```", (ROOT / "docs/importing.md").read_text(), re.DOTALL)

pytestmark = pytest.mark.django_db


def test_import_demonstration(knowledge_base: KnowledgeBase) -> None:
    files = sorted((DEMO / "knowledge").glob("*.json"))
    written = [entry for file in files for entry in json.loads(file.read_text())["entries"]]
    num_phrasings = sum(len(texts) for entry in written for texts in entry["phrasings"].values())
    reports = [import_knowledge(path=file, knowledge_base=knowledge_base) for file in files]
    assert sum(report.num_created for report in reports) == len(written)
    assert sum(r.num_phrasings + r.num_duplicates for r in reports) == num_phrasings
    assert Phrasing.objects.count() == sum(r.num_phrasings for r in reports) + Answer.objects.count()
    terms = import_knowledge(path=DEMO / "terms.json", knowledge_base=knowledge_base)
    assert terms.num_terms == Term.objects.count() == len(json.loads((DEMO / "terms.json").read_text())["terms"])
    again = [import_knowledge(path=file, knowledge_base=knowledge_base) for file in [*files, DEMO / "terms.json"]]
    assert sum(r.num_created + r.num_updated + r.num_phrasings + r.num_terms for r in again) == 0


def test_import_ten_thousand_phrasings_in_seconds(tmp_path: Path, knowledge_base: KnowledgeBase) -> None:
    path = tmp_path / "f.tsv"
    path.write_text("label\ttext\n" + "".join(f"e{n % 1000}\tphrasing number {n}\n" for n in range(10_000)))
    calls: list[tuple[int, int]] = []
    started = time.thread_time()
    report = import_knowledge(
        path=path, knowledge_base=knowledge_base, progress=lambda num_done, total: calls.append((num_done, total))
    )
    assert time.thread_time() - started < 10
    assert (report.num_created, report.num_phrasings, len(report.warnings)) == (1000, 10_000, 1000)
    assert calls == [(0, 1000), (500, 1000), (1000, 1000)]


@pytest.mark.parametrize(("kind", "content"), FENCES, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(FENCES)])
def test_examples_of_the_documentation(tmp_path: Path, knowledge_base: KnowledgeBase, kind: str, content: str) -> None:
    path = tmp_path / f"example.{'md' if kind == 'markdown' else kind}"
    path.write_text(content)
    report = import_knowledge(path=path, knowledge_base=knowledge_base)
    assert report.num_created >= 1
    if kind != "tsv":
        assert Entry.objects.published().count() == report.num_created


def test_examples_of_the_documentation_are_all_found() -> None:
    assert sorted(kind for kind, _ in FENCES) == ["csv", "csv", "csv", "json", "jsonl", "markdown", "markdown", "tsv"]


CELLS = st.text(max_size=12) | st.sampled_from(["a", "漏水", "yes", "draft", "x|y", "split", "zh", ""])
HEADERS = st.lists(st.sampled_from(sorted(COLUMNS)) | CELLS, max_size=5) | st.sampled_from(
    [["question", "answer"], ["label", "text"], ["id", "question_zh", "answer_zh", "phrasings_en", "status"]]
)


class AnyTableTest(TestCase):
    """hypothesis' TestCase rolls the database back after each example."""

    @settings(max_examples=150, deadline=None)
    @given(
        header=HEADERS, rows=st.lists(st.lists(CELLS, max_size=6), max_size=6), name=st.sampled_from(["t.csv", "t.tsv"])
    )
    def test_any_table_is_imported_or_refused(self, header: list[str], rows: list[list[str]], name: str) -> None:
        path = self.tmp_path / name
        with path.open("w", newline="", encoding="utf-8", errors="surrogatepass") as file:
            csv.writer(file, delimiter="\t" if name.endswith("tsv") else ",").writerows([header, *rows])
        knowledge_base = KnowledgeBase.objects.create(slug="kb", name="KB")
        report = None
        with suppress(ImportRefused):
            report = import_knowledge(path=path, knowledge_base=knowledge_base)
        assert Entry.objects.count() == (report.num_created if report else 0)
        if report:
            assert import_knowledge(path=path, knowledge_base=knowledge_base).num_unchanged == report.num_created

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path
