"""Jargon: proposals are stored without effect; an editor's decision takes effect with one release."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from qa.engine.building import read_lexicon
from qa.exceptions import QAError
from qa.models import Alias, KnowledgeBase, LiveRelease, Release, Term
from qa.services.conversations import record_turn
from qa.services.jargon import approve_as_alias, approve_terms, propose_terms, reject_terms
from tests.factories import customer_says, make_conversation, make_entry


@pytest.fixture
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def num_releases() -> int:
    return Release.objects.count()


def lexicon_revision() -> int:
    release = LiveRelease.objects.select_related("release").get().release
    assert release is not None
    return release.lexicon_revision


@pytest.fixture
def trade(knowledge_base: KnowledgeBase) -> KnowledgeBase:
    """Give a knowledge base that speaks of a TXV and of a machine that the lexicon does not know."""
    make_entry(
        knowledge_base,
        "txv",
        "My txv is stuck",
        "Tap it.",
        *("replace a txv", "is the txv covered", "noisy txv in KFR-51LW", "KFR-51LW needs a txv", "kfr-51lw"),
    )
    return knowledge_base


def propose(base: KnowledgeBase, text: str, **fields: str) -> Term:
    return Term.objects.create(knowledge_base=base, text=text, status=Term.Status.PROPOSED, **fields)


def test_proposals_are_stored_without_a_release(trade: KnowledgeBase) -> None:
    before = num_releases()
    report = propose_terms(knowledge_base_id=trade.pk)
    stored = Term.objects.filter(status=Term.Status.PROPOSED)
    assert report.num_stored == len(report.terms) == stored.count()
    assert {(t.text, t.kind, t.language) for t in stored} >= {("txv", "jargon", "en"), ("KFR-51LW", "model", "")}
    assert num_releases() == before
    assert "txv" not in read_lexicon(trade.pk).surfaces


def test_what_customers_wrote_is_read_too(trade: KnowledgeBase) -> None:
    def texts() -> set[str]:
        return {term.text for term in propose_terms(knowledge_base_id=trade.pk, dry_run=True).terms}

    assert "缺相" not in texts()
    for text in ("缺相了", "是不是缺相", "报缺相,停机", "怎么查缺相"):
        record_turn(conversation_id=make_conversation().pk, turn=customer_says(text))
    assert "缺相" in texts()


def test_dry_run_stores_nothing(trade: KnowledgeBase) -> None:
    report = propose_terms(knowledge_base_id=trade.pk, dry_run=True)
    assert (bool(report.terms), report.num_stored) == (True, 0)
    assert not Term.objects.filter(status=Term.Status.PROPOSED).exists()


def test_nothing_is_proposed_twice(trade: KnowledgeBase) -> None:
    first = propose_terms(knowledge_base_id=trade.pk)
    reject_terms(terms=list(Term.objects.filter(text="txv")))
    second = propose_terms(knowledge_base_id=trade.pk)
    assert {t.text for t in first.terms}.isdisjoint(t.text for t in second.terms)
    assert Term.objects.get(text="txv").status == Term.Status.REJECTED


def test_another_knowledge_base_is_not_read(trade: KnowledgeBase) -> None:
    other = KnowledgeBase.objects.create(slug="other", name="Other")
    report = propose_terms(knowledge_base_id=other.pk)
    assert (report.num_texts, report.terms, report.aliases, report.num_stored) == (0, (), (), 0)


def test_approved_terms_take_effect_with_one_release(knowledge_base: KnowledgeBase) -> None:
    terms = [propose(knowledge_base, "txv"), propose(knowledge_base, "eev")]
    before, revision = num_releases(), lexicon_revision()
    assert approve_terms(terms=terms) == 2
    assert (num_releases(), lexicon_revision()) == (before + 1, revision + 1)
    assert {"txv", "eev"} <= set(read_lexicon(knowledge_base.pk).surfaces)
    assert approve_terms(terms=list(Term.objects.all())) == 0
    assert num_releases() == before + 1


@pytest.mark.usefixtures("in_english")
def test_term_that_is_an_alias_already_is_refused(knowledge_base: KnowledgeBase) -> None:
    terms = [propose(knowledge_base, "txv"), propose(knowledge_base, "少氟")]
    before = num_releases()
    with pytest.raises(QAError, match="“少氟” is already a way to say “缺氟”"):
        approve_terms(terms=terms)
    assert num_releases() == before
    assert Term.objects.filter(status=Term.Status.PROPOSED).count() == 2


def test_term_of_another_knowledge_base_may_be_the_same(knowledge_base: KnowledgeBase) -> None:
    other = KnowledgeBase.objects.create(slug="other", name="Other")
    assert approve_terms(terms=[propose(other, "少氟"), propose(knowledge_base, "txv")]) == 2


def test_approve_as_alias(knowledge_base: KnowledgeBase) -> None:
    term, of = propose(knowledge_base, "low gas"), Term.objects.get(text="缺氟")
    term.aliases.create(text="gas is low")
    term.aliases.create(text="少氟")
    revision = lexicon_revision()
    assert approve_as_alias(term=term, of=of).text == "low gas"
    assert lexicon_revision() == revision + 1
    assert set(of.aliases.values_list("text", flat=True)) == {"少氟", "low gas", "gas is low"}
    assert not Term.objects.filter(text="low gas").exists()
    assert Alias.objects.count() == 3
    assert read_lexicon(knowledge_base.pk).surfaces["low gas"] == "缺氟"


@pytest.mark.usefixtures("in_english")
def test_approve_as_alias_is_refused(knowledge_base: KnowledgeBase) -> None:
    other = KnowledgeBase.objects.create(slug="other", name="Other")
    proposed, approved = propose(knowledge_base, "low gas"), Term.objects.get(text="缺氟")
    before = num_releases()
    with pytest.raises(QAError, match="different knowledge bases"):
        approve_as_alias(term=propose(other, "low gas"), of=approved)
    with pytest.raises(QAError, match="approve that one first"):
        approve_as_alias(term=proposed, of=propose(knowledge_base, "txv"))
    with pytest.raises(QAError, match="approve that one first"):
        approve_as_alias(term=Term.objects.get(text="E4"), of=approved)
    assert num_releases() == before


def test_rejecting_a_proposal_makes_no_release(knowledge_base: KnowledgeBase) -> None:
    term = propose(knowledge_base, "txv")
    before = num_releases()
    assert reject_terms(terms=[term]) == 1
    assert reject_terms(terms=list(Term.objects.filter(text="txv"))) == 0
    assert num_releases() == before


def test_rejecting_an_approved_term_takes_its_effect_away(knowledge_base: KnowledgeBase) -> None:
    before = num_releases()
    assert reject_terms(terms=list(Term.objects.filter(text="缺氟"))) == 1
    assert num_releases() == before + 1
    assert set(read_lexicon(knowledge_base.pk).surfaces) == {"e4"}
    assert approve_terms(terms=list(Term.objects.filter(text="缺氟"))) == 1
    assert "缺氟" in read_lexicon(knowledge_base.pk).surfaces


def test_what_names_a_person_is_not_mined(trade: KnowledgeBase) -> None:
    KnowledgeBase.objects.update(number_templates="QZX-#####")
    for _ in range(12):
        conversation = make_conversation()
        said = customer_says("write to quux@example.com about QZX-12345")
        record_turn(conversation_id=conversation.pk, turn=said)
    found = " ".join(term.text.lower() for term in propose_terms(knowledge_base_id=trade.pk).terms)
    assert "qzx" not in found
    assert "quux" not in found
