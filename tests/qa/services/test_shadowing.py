"""A shadow: asked after the customer was answered, never instead; what differs is kept as ids, and shown."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from qa.exceptions import Conflict, NotFound
from qa.models import Conversation, Disagreement, Release, Shadow, Turn
from qa.selectors.shadow import show_shadow
from qa.services import shadowing
from qa.services.conversations import NewTurn, record_turn
from qa.services.judging import judge_candidate
from qa.services.releases import changing_knowledge
from qa.services.shadowing import ShadowReport, ask_shadow
from qa.services.shadows import start_shadow, stop_shadow
from tests.factories import customer_says, make_conversation

pytestmark = pytest.mark.django_db


def silent(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def live(two_entries: Release) -> Iterator[Release]:
    yield two_entries
    shadowing._loaded = None


def replied(release: Release, text: str, *, decision: str, confidence: float) -> Turn:
    """Record a question with a reply that only the test knows the reason for."""
    conversation: Conversation = make_conversation()
    question = record_turn(conversation_id=conversation.pk, turn=customer_says(text, language="en"))
    kind = {"clarify": Turn.Kind.CLARIFY, "handoff": Turn.Kind.HANDOFF}[decision]
    reply = NewTurn(
        Turn.Role.BOT,
        kind,
        "…",
        confidence=confidence,
        release=release.number,
        reply_to=question,
        decision=decision,
    )
    return record_turn(conversation_id=conversation.pk, turn=reply)


def test_where_the_two_disagree_is_kept_without_text_and_shown(live: Release) -> None:
    replied(live, "asked before it ran", decision="handoff", confidence=0.1)
    start_shadow(fingerprint=live.model_fingerprint, is_forced=True)
    reply = replied(live, "Why does it leak? call 13812345678", decision="handoff", confidence=0.1)
    same = shadowing._decide(shadowing._bundle(Shadow.objects.get(), live), [reply])[0]
    assert not shadowing._agrees(reply, same)
    assert ask_shadow() == ShadowReport(1, 1, 0)
    kept = Disagreement.objects.get()
    assert (kept.reply, kept.decision) == (reply, shadowing.kind_of(same))
    with translation.override("en"):
        shown = show_shadow()
    assert shown is not None
    (one,) = shown.disagreements
    assert (shown.num_compared, shown.num_disagreed, shown.is_running) == (1, 1, True)
    assert (one.text, one.live) == ("Why does it leak? call <phone>", "hands over (10 %)")
    assert one.shadow != one.live
    assert ask_shadow() == ShadowReport()  # nothing twice


def test_what_both_say_is_no_disagreement(live: Release) -> None:
    start_shadow(fingerprint=live.model_fingerprint, is_forced=True)
    reply = replied(live, "zzz", decision="handoff", confidence=0.1)
    decision = shadowing._decide(shadowing._bundle(Shadow.objects.get(), live), [reply])[0]
    Turn.objects.filter(pk=reply.pk).update(decision=shadowing.kind_of(decision), entry=shadowing._entry_of(decision))
    assert ask_shadow() == ShadowReport(1, 0, 0)


def test_what_is_too_much_or_of_other_knowledge_is_passed_over(live: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadowing, "MAX_ASKED", 2)
    start_shadow(fingerprint=live.model_fingerprint, is_forced=True)
    for number in range(3):
        replied(live, f"question {number}", decision="handoff", confidence=0.1)
    assert (report := ask_shadow()).num_compared == 2
    assert report.num_skipped == 1
    replied(live, "one more", decision="handoff", confidence=0.1)
    with changing_knowledge():
        pass
    assert ask_shadow() == ShadowReport(0, 0, 1)
    assert (Shadow.objects.get().num_compared, Shadow.objects.get().num_skipped) == (2, 2)


def test_a_shadow_needs_a_blessing_and_replaces_the_one_before(live: Release) -> None:
    with pytest.raises(Conflict, match="has not been judged"):
        start_shadow(fingerprint=live.model_fingerprint, is_forced=False)
    judge_candidate(candidate_fingerprint=live.model_fingerprint, progress=silent)
    for _ in range(2):
        start_shadow(fingerprint=live.model_fingerprint, is_forced=False)
    assert Shadow.objects.running().count() == 1
    stop_shadow()
    assert ask_shadow() == ShadowReport()
    with pytest.raises(NotFound, match="No model runs as a shadow"):
        stop_shadow()


def test_the_command_starts_and_stops(live: Release) -> None:
    out = StringIO()
    call_command("promote", live.model_fingerprint[:6], "--shadow", "--unjudged", stdout=out)
    call_command("promote", "--stop-shadow", stdout=out)
    assert f"Model {live.model_fingerprint} runs as a shadow" in out.getvalue()
    assert "no longer runs as a shadow; 0 were compared" in out.getvalue()
    for wrong in ((), ("--shadow",), (live.model_fingerprint, "--stop-shadow")):
        with pytest.raises(CommandError, match="Name a release's number or a model's name"):
            call_command("promote", *wrong)
