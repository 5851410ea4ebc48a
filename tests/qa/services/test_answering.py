"""Answering: what was decided is said and recorded, and what goes wrong is said in words."""

from dataclasses import replace

import pytest
from asgiref.sync import async_to_sync
from django.utils import translation

from qa import engine
from qa.decision import Thresholds
from qa.engine.bundle import Bundle, Finding, Question, RankedEntry
from qa.models import Conversation, Entry, KnowledgeBase, Release, Turn
from qa.services.answering import answer, spoken_language
from qa.services.knowledge import set_status
from tests.factories import CONTACT_EN, make_question
from tests.qa.thresholds import with_thresholds

LEAK = "water is dripping from the indoor unit"


def ask(text: str, **fields: object) -> Turn:
    """Record a question in a new conversation and answer it."""
    with translation.override("en"):  # as the socket does
        reply: Turn = async_to_sync(answer)(turn=make_question(text, **fields))
        return reply


class OneFinding(Bundle):
    """A bundle that finds what it is told to; the rest is the real one's."""

    told: tuple[RankedEntry, ...] = ()

    def consider(self, questions: object) -> list[Finding]:
        """Find it."""
        return [
            Finding(self.release, q.text, "en", (), self.told, Thresholds(0.5, 0.2))
            for q in questions  # type: ignore[attr-defined]
        ]


def tell(*ranked: tuple[Entry, float]) -> None:
    """Make the engine find exactly these."""
    bundle = engine.current()
    told = OneFinding(**{name: getattr(bundle, name) for name in Bundle.__dataclass_fields__})
    found = tuple(RankedEntry(e.pk, 0, p, {"score": p}) for e, p in ranked)
    object.__setattr__(told, "told", found)
    engine.swap(told)


def test_answer_is_recorded_with_what_it_rests_on(engine_loaded: Release) -> None:
    reply = ask(LEAK)
    assert (reply.seq, reply.role, reply.kind, reply.decision) == (2, "bot", "answer", "answer")
    assert reply.entry is not None
    assert reply.entry.external_id == "water-leak"
    assert (reply.text, reply.language) == ("Switch it off and check the drain hose.", "en")
    assert reply.html == "<p>Switch it off and check the drain hose.</p>\n"
    assert reply.release == engine_loaded.number
    assert reply.reply_to is not None
    assert reply.reply_to.text == LEAK
    assert reply.latency_ms is not None
    assert reply.latency_ms > 0
    hits = reply.evidence["hits"]
    assert hits[0]["entry"] == reply.entry.pk
    assert hits[0]["probability"] == pytest.approx(reply.confidence)
    assert 1 <= len(hits) <= 5
    assert reply.evidence["text"] == LEAK
    assert sorted(reply.evidence["thresholds"]) == ["answer", "clarify", "lead"]


def test_answer_is_in_the_language_of_the_question(engine_loaded: Release) -> None:
    reply = ask("室内机漏水怎么办？", language="en")
    assert (reply.text, reply.language) == ("先关机，检查排水管。", "zh")


def test_answer_that_is_not_in_that_language_is_given_in_another(engine_loaded: Release) -> None:
    with_thresholds(0.0, 0.0)
    reply = ask("说明书在哪里下载？")
    assert reply.text == "官网服务页。"
    reply = ask("order a replacement remote", language="zh")
    assert reply.text == "In the parts shop on our site."


def test_clarify_offers_the_likeliest_first(engine_loaded: Release) -> None:
    with_thresholds(1.01, 0.0)
    reply = ask(LEAK)
    assert (reply.role, reply.kind, reply.decision, reply.entry) == ("bot", "clarify", "clarify", None)
    assert len(reply.options) == 3
    assert reply.options[0] == {"id": "water-leak", "text": "Why does the indoor unit drip water?"}
    assert reply.conversation.state == Conversation.State.BOT


def test_not_knowing_says_whom_to_reach_and_counts(engine_loaded: Release) -> None:
    with_thresholds(1.01, 1.01)
    reply = ask(LEAK)
    assert (reply.role, reply.kind, reply.decision, reply.entry) == ("bot", "handoff", "handoff", None)
    assert reply.text.endswith(CONTACT_EN)
    assert "Would you like a person" not in reply.text
    conversation = Conversation.objects.get(pk=reply.conversation_id)
    assert (conversation.state, conversation.num_misses) == (Conversation.State.BOT, 1)


@pytest.mark.parametrize(
    ("probability", "decision"),
    [(0.51, "answer"), (0.5, "answer"), (0.49, "clarify"), (0.2, "clarify"), (0.19, "handoff"), (0.0, "handoff")],
)
def test_thresholds_are_inclusive_all_the_way(engine_loaded: Release, probability: float, decision: str) -> None:
    tell((Entry.objects.get(external_id="warranty"), probability))
    assert ask("anything").decision == decision


def test_emergency_answers_from_the_lower_threshold_on(engine_loaded: Release) -> None:
    gas = Entry.objects.get(external_id="gas-smell")
    tell((gas, 0.2))
    reply = ask("anything")
    assert (reply.decision, reply.entry) == ("answer", gas)
    tell((gas, 0.19))
    assert ask("anything").decision == "handoff"


def test_archived_entry_is_not_given_though_the_index_still_has_it(engine_loaded: Release) -> None:
    leak = Entry.objects.get(external_id="water-leak")
    set_status(entries=[leak], status=Entry.Status.ARCHIVED)
    assert engine.current().release == engine_loaded.number  # nobody follows here: the index is the old one
    reply = ask(LEAK)
    assert reply.entry != leak
    assert leak.external_id not in [option["id"] for option in reply.options]
    assert leak.pk in [hit["entry"] for hit in reply.evidence["hits"]]


@pytest.mark.parametrize("text", ["???", "…", "。"])
def test_question_without_a_word_is_handed_over(engine_loaded: Release, text: str) -> None:
    assert ask(text).decision in {"handoff", "clarify"}


def test_answering_twice_records_once(engine_loaded: Release) -> None:
    question = make_question(LEAK)
    first = async_to_sync(answer)(turn=question)
    assert async_to_sync(answer)(turn=question) == first
    assert Turn.objects.count() == 2


def test_without_an_engine_the_question_is_kept_and_words_are_said(
    transactional_db: None, knowledge_base: KnowledgeBase
) -> None:
    engine.close()
    reply = ask(LEAK)
    assert (reply.role, reply.kind, reply.decision) == ("system", "notice", "")
    assert "still starting" in reply.text
    assert list(Turn.objects.order_by("seq").values_list("seq", "text")) == [(1, LEAK), (2, reply.text)]


def test_engine_that_breaks_says_words_and_no_traceback(
    engine_loaded: Release, caplog: pytest.LogCaptureFixture
) -> None:
    engine.swap(replace(engine.current(), calibrations={}))
    reply = ask(LEAK)
    assert (reply.role, reply.kind) == ("system", "notice")
    assert "Something went wrong on our side" in reply.text
    assert "could not be considered" in caplog.text
    assert LEAK not in caplog.text


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        ("zh", "en", "zh"),
        ("mixed", "en", "zh"),
        ("en", "zh", "en"),
        ("", "en", "en"),
        ("", "", "zh"),
        ("other", "", "zh"),
    ],
)
def test_spoken_language(found: str, before: str, expected: str) -> None:
    assert spoken_language(found, before) == expected


def test_question_is_asked_of_its_own_knowledge_base(engine_loaded: Release) -> None:
    base = KnowledgeBase.objects.get()
    finding = engine.current().consider([Question(base.pk, LEAK)])[0]
    assert Entry.objects.get(pk=finding.ranked[0].entry_id).external_id == "water-leak"
