"""Importing into the database: what is written, what stays, and what makes a release."""

from pathlib import Path

import pytest

from qa.exceptions import ImportRefused
from qa.models import Alias, Answer, Entry, KnowledgeBase, LiveRelease, Phrasing, Product, Release, Term
from qa.services.importing import ImportReport, import_knowledge
from tests.qa.services.importing.conftest import Bring, phrasings

ENTRY = {
    "external_id": "w",
    "category": "water",
    "products": ["split"],
    "emergency": False,
    "question": {"zh": "漏水？", "en": "Drips?"},
    "answer": {"zh": "关机。", "en": "Off."},
    "phrasings": {"zh": ["滴水", "滴水", "漏水？"], "en": ["leaks"]},
}

pytestmark = pytest.mark.django_db


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
