"""Importing into the database: what is written, what stays, and what makes a release."""

import csv
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from qa.exceptions import ImportRefused
from qa.models import Alias, Answer, Entry, KnowledgeBase, LiveRelease, Phrasing, Product, Release, Term
from qa.services.importing import ImportReport, import_knowledge
from qa.services.importing.columns import COLUMNS

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "qa" / "demo"
FENCES = re.findall(r"```(csv|tsv|jsonl|json|markdown)\n(.*?)```", (ROOT / "docs/importing.md").read_text(), re.DOTALL)

ENTRY = {
    "external_id": "w",
    "category": "water",
    "products": ["split"],
    "emergency": False,
    "question": {"zh": "漏水？", "en": "Drips?"},
    "answer": {"zh": "关机。", "en": "Off."},
    "phrasings": {"zh": ["滴水", "滴水", "漏水？"], "en": ["leaks"]},
}

Bring = Callable[..., ImportReport]
"""Imports entries (and other parts of a JSON file, by keyword)."""

pytestmark = pytest.mark.django_db


@pytest.fixture
def knowledge_base() -> KnowledgeBase:
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


def test_import_writes_the_whole_entry(bring: Bring) -> None:
    report = bring(ENTRY)
    assert report == ImportReport(1, 0, 0, 2, 2, 0, ("New product lines: split. Check that none is a misspelling.",))
    entry = Entry.objects.get()
    live = LiveRelease.objects.get().release
    assert live is not None
    assert (entry.external_id, entry.category, entry.status, entry.is_emergency) == ("w", "water", "published", False)
    assert entry.revision == live.knowledge_revision == 1
    assert [p.code for p in entry.products.all()] == ["split"]
    assert set(Answer.objects.values_list("language", "question", "text")) == {
        ("zh", "漏水？", "关机。"),
        ("en", "Drips?", "Off."),
    }
    assert phrasings() == {("zh", "滴水"), ("en", "leaks")}
    assert phrasings("question") == {("zh", "漏水？"), ("en", "Drips?")}


def test_import_again_changes_nothing_and_makes_no_release(bring: Bring) -> None:
    terms = [{"term": "缺氟", "aliases": ["少氟"]}]
    bring(ENTRY, terms=terms)
    before = (
        Release.objects.count(),
        set(Phrasing.objects.values_list("pk", flat=True)),
        Entry.objects.get().updated_at,
    )
    assert bring(ENTRY, terms=terms) == ImportReport(0, 0, 1, 0, 2, 0, ())
    assert before == (
        Release.objects.count(),
        set(Phrasing.objects.values_list("pk", flat=True)),
        Entry.objects.get().updated_at,
    )


def test_import_replaces_what_is_given_and_keeps_the_rest(bring: Bring) -> None:
    other = {**ENTRY, "external_id": "other"}
    bring(ENTRY, other)
    kept = Phrasing.objects.get(entry__external_id="w", text="滴水").pk
    change = {"external_id": "w", "question": {"zh": "漏水怎么办？"}, "phrasings": {"zh": ["滴水", "湿了"]}}
    report = bring(change)
    assert (report.num_created, report.num_updated, report.num_phrasings) == (0, 1, 1)
    entry = Entry.objects.get(external_id="w")
    assert (entry.category, entry.revision, Entry.objects.get(external_id="other").revision) == ("water", 2, 1)
    assert set(entry.answers.values_list("language", "question", "text")) == {
        ("zh", "漏水怎么办？", "关机。"),
        ("en", "Drips?", "Off."),
    }
    assert set(entry.phrasings.values_list("language", "text", "source")) == {
        ("zh", "滴水", "import"),
        ("zh", "湿了", "import"),
        ("en", "leaks", "import"),
        ("zh", "漏水怎么办？", "question"),
        ("en", "Drips?", "question"),
    }
    assert entry.phrasings.get(text="滴水").pk == kept


def test_import_empty_lists_take_away(bring: Bring) -> None:
    bring(ENTRY)
    bring({"external_id": "w", "products": [], "phrasings": {"zh": []}})
    assert (Entry.objects.get().products.count(), phrasings()) == (0, {("en", "leaks")})


def test_import_status(bring: Bring) -> None:
    no_answer = {"external_id": "n", "question": {"en": "Why?"}}
    report = bring({**ENTRY, "status": "draft"}, no_answer)
    assert report.warnings[0] == "n (entry 2) has no answer and stays a draft. Give it one."
    assert set(Entry.objects.values_list("external_id", "status")) == {("w", "draft"), ("n", "draft")}
    assert ("en", "Why?") in phrasings()
    report = bring({**no_answer, "answer": {"en": "So."}}, {"external_id": "w", "status": "archived"})
    assert report.warnings == ("n (entry 1) now has an answer but is a draft. Publish it.",)
    assert set(Entry.objects.values_list("external_id", "status")) == {("w", "archived"), ("n", "draft")}
    assert ("en", "Why?") not in phrasings()
    assert ("en", "Why?") in phrasings("question")


DECLINED = "label\ttext\n__oos__\t能修车吗\n__oos__\ttell me a joke\n"


def test_import_of_questions_to_decline_publishes_them_without_an_answer(
    tmp_path: Path, knowledge_base: KnowledgeBase
) -> None:
    path = tmp_path / "f.tsv"
    path.write_text(DECLINED)
    report = import_knowledge(path=path, knowledge_base=knowledge_base)
    assert report == ImportReport(1, 0, 0, 2, 0, 0, ())
    topic = Entry.objects.get()
    assert (topic.external_id, topic.status, topic.is_out_of_scope) == ("__oos__", "published", True)
    assert (topic.answers.count(), topic.revision) == (0, 1)
    assert phrasings() == {("zh", "能修车吗"), ("en", "tell me a joke")}


def test_import_of_questions_to_decline_again_changes_nothing(tmp_path: Path, knowledge_base: KnowledgeBase) -> None:
    path = tmp_path / "f.tsv"
    path.write_text(DECLINED)
    import_knowledge(path=path, knowledge_base=knowledge_base)
    before = Entry.objects.values().get(), Release.objects.count()
    assert import_knowledge(path=path, knowledge_base=knowledge_base) == ImportReport(0, 0, 1, 0, 0, 0, ())
    assert before == (Entry.objects.values().get(), Release.objects.count())


def test_import_of_more_questions_to_decline_and_of_others_beside_them(bring: Bring) -> None:
    bring({"external_id": "__oos__", "phrasings": {"en": ["tell me a joke"]}})
    more = {"external_id": "__oos__", "phrasings": {"en": ["tell me a joke", "sing"]}}
    report = bring(more, {"external_id": "n", "phrasings": {"en": ["why"]}})
    assert (report.num_created, report.num_updated, report.num_phrasings) == (1, 1, 2)
    assert report.warnings == ("n (entry 2) has no answer and stays a draft. Give it one.",)
    assert set(Entry.objects.values_list("external_id", "status", "is_out_of_scope")) == {
        ("__oos__", "published", True),
        ("n", "draft", False),
    }


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_import_of_questions_to_decline_keeps_to_the_status_that_is_given(bring: Bring, status: str) -> None:
    given = {"external_id": "__oos__", "status": status, "phrasings": {"en": ["sing"]}}
    assert bring(given).warnings == ()
    assert Entry.objects.values_list("status", "is_out_of_scope").get() == (status, True)


def test_import_marks_a_topic_that_was_made_without_its_mark(bring: Bring, knowledge_base: KnowledgeBase) -> None:
    Entry.objects.create(knowledge_base=knowledge_base, external_id="__oos__")
    bring({"external_id": "__oos__", "status": "published", "phrasings": {"en": ["sing"]}})
    assert Entry.objects.values_list("status", "is_out_of_scope").get() == ("published", True)


def test_import_into_a_topic_that_an_editor_marked_needs_no_answer(bring: Bring, knowledge_base: KnowledgeBase) -> None:
    Entry.objects.create(knowledge_base=knowledge_base, external_id="cars", is_out_of_scope=True)
    report = bring({"external_id": "cars", "status": "published", "phrasings": {"en": ["my car"]}})
    assert report.warnings == ()
    assert Entry.objects.values_list("status", "is_out_of_scope").get() == ("published", True)


def test_import_dry_run_writes_nothing_and_reports_the_same(bring: Bring) -> None:
    terms = [{"term": "缺氟", "aliases": ["少氟"]}]
    planned = bring(ENTRY, terms=terms, dry_run=True)
    assert (Entry.objects.count(), Product.objects.count(), Term.objects.count(), Release.objects.count()) == (
        0,
        0,
        0,
        0,
    )
    assert planned == bring(ENTRY, terms=terms)


@pytest.mark.parametrize("dry_run", [True, False])
def test_import_refused_writes_nothing(bring: Bring, dry_run: bool) -> None:
    bad = {"external_id": "b", "answer": {"zh": "没有问题的答案"}}
    with pytest.raises(ImportRefused) as refused:
        bring(ENTRY, bad, {**bad, "external_id": "c"}, terms=[{"term": "t"}], dry_run=dry_run)
    assert refused.value.problems == tuple(
        f"{entry}, question_zh: found nothing beside an answer; expected the question that it answers."
        for entry in ("entry 2", "entry 3")
    )
    assert (Entry.objects.count(), Product.objects.count(), Term.objects.count(), Release.objects.count()) == (
        0,
        0,
        0,
        0,
    )


def test_import_products_are_named(bring: Bring) -> None:
    products = [{"code": "split", "name_zh": "壁挂机"}]
    assert bring(ENTRY, products=products).warnings == ()
    num_releases = Release.objects.count()
    bring(products=[{"code": "split", "name_en": "Split"}])
    assert Product.objects.values_list("code", "name_zh", "name_en").get() == ("split", "壁挂机", "Split")
    assert Release.objects.count() == num_releases


def test_import_terms(bring: Bring) -> None:
    term = {"term": "缺氟", "language": "zh", "aliases": ["少氟", "漏氟", "少氟"], "definition": {"zh": "少。"}}
    assert bring(terms=[term, {"term": "E4", "language": "", "kind": "code"}]).num_terms == 2
    live = LiveRelease.objects.get().release
    assert live is not None
    assert (live.lexicon_revision, live.knowledge_revision) == (1, 0)
    assert bring(terms=[{"term": "缺氟", "aliases": ["漏氟", "low gas"]}, {"term": "E4"}]).num_terms == 1
    assert set(Alias.objects.values_list("text", flat=True)) == {"漏氟", "low gas"}
    assert Term.objects.values_list("text", "language", "kind", "status", "definition_zh").get(text="缺氟") == (
        "缺氟",
        "zh",
        "jargon",
        "approved",
        "少。",
    )


def test_import_knowledge_bases_are_apart(bring: Bring, tmp_path: Path) -> None:
    bring(ENTRY)
    second = KnowledgeBase.objects.create(slug="second", name="Second")
    assert import_knowledge(path=tmp_path / "f.json", knowledge_base=second).num_created == 1
    assert set(Entry.objects.values_list("knowledge_base__slug", "external_id")) == {("kb", "w"), ("second", "w")}


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
    started = time.perf_counter()
    report = import_knowledge(
        path=path, knowledge_base=knowledge_base, progress=lambda num_done, total: calls.append((num_done, total))
    )
    assert time.perf_counter() - started < 10
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
