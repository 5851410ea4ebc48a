"""Topics that are to be declined, from the database to the answer: what is like them is handed over."""

import math

from asgiref.sync import async_to_sync
from django.utils import translation

from qa import engine
from qa.engine.building import build_bundle, follow_release, read_documents, read_lexicon
from qa.engine.bundle import FEATURES, Question
from qa.models import Entry, KnowledgeBase, LiveRelease, Phrasing, Release, Term, Turn
from qa.services.answering import answer
from qa.services.knowledge import set_status
from tests.conftest import RememberingEncoder
from tests.factories import make_question

IN_THE_CAR = "water is dripping from the air conditioner of my car"
AT_HOME = "water is dripping from the indoor unit"
CAR = (
    "the air conditioner of my car is dripping water",
    "water under my car from its air conditioner",
    "my car's aircon leaks water",
)


def make_topic(base: KnowledgeBase, *phrasings: str, language: str = "en") -> Entry:
    """Publish a topic that is to be declined."""
    topic = Entry.objects.create(knowledge_base=base, external_id="cars", is_out_of_scope=True)
    Phrasing.objects.bulk_create(Phrasing(entry=topic, language=language, text=text) for text in phrasings)
    set_status(entries=[topic], status=Entry.Status.PUBLISHED)
    return topic


def live() -> Release:
    release = LiveRelease.objects.select_related("release").get().release
    assert release is not None
    return release


def follow(encoder: RememberingEncoder) -> None:
    """Answer with what is live now, as a web process does: at once, then with class scores fitted anew."""
    engine.swap(follow_release(engine.current(), live(), encoder).renewed())


def ask(text: str) -> Turn:
    """Record a question in a new conversation and answer it."""
    with translation.override("en"):
        reply: Turn = async_to_sync(answer)(turn=make_question(text))
        return reply


def decisions() -> tuple[str, str]:
    return ask(IN_THE_CAR).decision, ask(AT_HOME).decision


def test_question_like_one_to_decline_is_handed_over_that_was_answered_without_it(
    engine_loaded: Release, remembering_encoder: RememberingEncoder
) -> None:
    leak = Entry.objects.get(external_id="water-leak")
    before = ask(IN_THE_CAR)
    assert (before.decision, before.entry) == ("answer", leak)
    topic = make_topic(KnowledgeBase.objects.get(), *CAR)
    follow(remembering_encoder)
    declined = ask(IN_THE_CAR)
    assert (declined.decision, declined.entry) == ("handoff", None)
    hits = declined.evidence["hits"]
    assert hits[0]["entry"] == leak.pk
    assert topic.pk not in [hit["entry"] for hit in hits]
    # What the entry itself is asked is answered as before.
    at_home = ask(AT_HOME)
    assert (at_home.decision, at_home.entry) == ("answer", leak)


def test_topic_is_declined_after_every_way_to_load_it(
    engine_loaded: Release, remembering_encoder: RememberingEncoder
) -> None:
    make_topic(KnowledgeBase.objects.get(), *CAR)
    before = engine.current()
    engine.swap(follow_release(before, live(), remembering_encoder))
    # In the delta three phrasings count as one: the customer is asked what was meant, but no longer answered.
    assert decisions() == ("clarify", "answer")
    engine.swap(engine.current().renewed())
    assert decisions() == ("handoff", "answer")
    engine.swap(build_bundle(live(), before.interpreter, remembering_encoder))
    assert decisions() == ("handoff", "answer")


def test_topic_that_is_archived_declines_nothing_any_more(
    engine_loaded: Release, remembering_encoder: RememberingEncoder
) -> None:
    topic = make_topic(KnowledgeBase.objects.get(), *CAR)
    follow(remembering_encoder)
    assert decisions() == ("handoff", "answer")
    set_status(entries=[topic], status=Entry.Status.ARCHIVED)
    follow(remembering_encoder)
    assert decisions() == ("answer", "answer")


def test_documents_say_what_is_to_be_declined(knowledge_base: KnowledgeBase) -> None:
    topic = make_topic(knowledge_base, *CAR)
    documents = read_documents(Entry.objects.published().values_list("pk", flat=True))
    assert {d.text for d in documents if d.is_out_of_scope} == set(CAR)
    assert {d.entry_id for d in documents if d.is_out_of_scope} == {topic.pk}


def test_every_hit_is_stored_with_all_evidence(engine_loaded: Release) -> None:
    (finding,) = engine.current().consider([Question(KnowledgeBase.objects.get().pk, AT_HOME)])
    assert [tuple(ranked.evidence) for ranked in finding.ranked] == [FEATURES] * len(finding.ranked)
    assert {ranked.evidence["length"] for ranked in finding.ranked} == {math.log1p(len(finding.text))}
    counts = {e.pk: e.phrasings.count() for e in Entry.objects.all()}
    assert [ranked.evidence["phrasings"] for ranked in finding.ranked] == [
        math.log(counts[ranked.entry_id]) for ranked in finding.ranked
    ]


def test_what_a_topic_to_decline_names_stays_foreign(knowledge_base: KnowledgeBase) -> None:
    Term.objects.create(knowledge_base=knowledge_base, text="acme", kind=Term.Kind.FOREIGN)
    topic = make_topic(knowledge_base, "do you repair an acme heat pump", "my acme shows e7")

    def foreign(text: str) -> tuple[str, ...]:
        lexicon = read_lexicon(knowledge_base.pk)
        return lexicon.foreign(text, lexicon.find(text))

    assert foreign("my acme drips") == ("acme",)
    assert foreign("it shows e7") == ("e7",)
    assert foreign("it shows e4") == ()
    # An entry that answers and speaks of them makes them the company's.
    Entry.objects.filter(pk=topic.pk).update(is_out_of_scope=False)
    assert (foreign("my acme drips"), foreign("it shows e7")) == ((), ())


def test_words_of_a_topic_to_decline_are_no_typos(knowledge_base: KnowledgeBase) -> None:
    Term.objects.create(knowledge_base=knowledge_base, text="zephyrine")
    assert [m.kind for m in read_lexicon(knowledge_base.pk).find("a zephyrinn")] == ["typo"]
    make_topic(knowledge_base, "where is the zephyrinn")
    assert read_lexicon(knowledge_base.pk).find("a zephyrinn") == ()
