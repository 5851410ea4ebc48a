"""The machine of states, whatever is done to it in whatever order; and its table."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone, translation
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from qa import handing
from qa.exceptions import Conflict
from qa.handing import LEGAL, IllegalStep, State, Step, after, is_legal
from qa.models import AgentPresence, Conversation, KnowledgeBase, Transition, Turn
from qa.services import handoff
from qa.services.handoff.stepping import NOTHING_TO_DO
from tests.factories import make_conversation
from tests.qa.services.handoff.conftest import make_agent, new_id

PAIRS = {(before.value, end.value) for ways in LEGAL.values() for before, end in ways.items()}


def test_states_are_the_models() -> None:
    assert [state.value for state in State] == [value for value, _label in Conversation.State.choices]


def test_every_step_is_in_the_table_and_leads_somewhere() -> None:
    assert set(LEGAL) == set(Step)
    assert all(LEGAL.values())


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", State)
def test_what_is_not_in_the_table_is_refused(state: State, step: Step) -> None:
    if is_legal(state, step):
        assert after(state, step) == LEGAL[step][state]
    else:
        with pytest.raises(IllegalStep, match="expected one of"):
            after(state, step)


def test_no_state_is_a_trap_and_none_is_out_of_reach() -> None:
    reachable = {State.BOT}
    for _ in State:
        reachable |= {end for ways in LEGAL.values() for before, end in ways.items() if before in reachable}
    assert reachable == set(State)
    for state in State:
        assert any(state in ways for ways in LEGAL.values())


def test_the_customer_can_always_go_on() -> None:
    for state in handing.OVER:
        assert is_legal(state, Step.WRITE)
        assert is_legal(state, Step.WANT)


def is_refused(service: Any, fields: dict[str, Any]) -> bool:
    """Call a service, and tell whether it refused; in words, if so."""
    try:
        service(**fields)
    except Conflict as error:
        return bool(error.user_message)
    return False


class Handing(RuleBasedStateMachine):
    """A conversation that two agents, the customer and the clock pull at."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        """Leave nothing of a run to the next."""
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(online=st.booleans(), language=st.sampled_from(["en", "zh"]))
    def begin(self, online: bool, language: str) -> None:
        translation.activate("en")
        base = KnowledgeBase.objects.create(slug="b", name="b")
        self.agents = [make_agent("Ann", base, is_online=online), make_agent("Bob", base, is_online=online)]
        self.conversation = make_conversation()
        Conversation.objects.filter(pk=self.conversation.pk).update(language=language)
        self.now = timezone.now()
        self.done: list[tuple[Any, dict[str, Any]]] = []

    def do(self, service: Any, **fields: Any) -> None:
        """Call a service; what it refuses, it refuses in words, and nothing changes."""
        fields = {"conversation_id": self.conversation.pk, "client_id": new_id(), **fields}
        before = self.seen()
        if is_refused(service, fields):
            assert self.seen() == before
        else:
            self.done.append((service, fields))

    def seen(self) -> tuple[Any, ...]:
        """Return all that anybody could see of the conversation."""
        row = Conversation.objects.filter(pk=self.conversation.pk).values().get()
        del row["updated_at"]
        return row, list(Turn.objects.values_list("seq", "text")), Transition.objects.count()

    @rule()
    def ask(self) -> None:
        self.do(handoff.request_person, language="en")

    @rule()
    def write(self) -> None:
        self.do(handoff.receive_message, text="and?", language="en")

    @rule()
    def leave(self) -> None:
        self.do(handoff.leave_message, name="", email="a@b.example", phone="", text="call me")

    @rule()
    def end(self) -> None:
        self.do(handoff.end)

    @rule(score=st.integers(1, 5))
    def rate(self, score: int) -> None:
        self.do(handoff.rate, score=score, comment=None)

    @rule(who=st.integers(0, 1), what=st.sampled_from(["claim", "resolve", "reopen", "return_to_bot"]))
    def act(self, who: int, what: str) -> None:
        self.do(getattr(handoff, what), agent=self.agents[who])

    @rule(who=st.integers(0, 1), to=st.sampled_from([0, 1, None]))
    def transfer(self, who: int, to: int | None) -> None:
        self.do(handoff.transfer, agent=self.agents[who], to=None if to is None else self.agents[to])

    @rule(who=st.integers(0, 1))
    def say(self, who: int) -> None:
        self.do(handoff.say, agent=self.agents[who], text="hello")

    @rule(minutes=st.sampled_from([1, 5, 20, 120]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        handoff.pass_time(now=self.now)

    @rule()
    def agents_go(self) -> None:
        AgentPresence.objects.all().delete()

    @rule(who=st.integers(0, 1))
    def rest(self, who: int) -> None:
        AgentPresence.objects.filter(user=self.agents[who]).update(status=AgentPresence.Status.AWAY)

    @rule(who=st.integers(0, 1))
    def lose_the_role(self, who: int) -> None:
        self.agents[who].memberships.all().delete()

    @rule(which=st.integers(0, 10**6))
    def again(self, which: int) -> None:
        """What was done is done again with the same id: nothing changes."""
        if self.done:
            service, fields = self.done[which % len(self.done)]
            before = self.seen()
            # A rating is no step: it is refused, or takes the place of a later one.
            assert is_refused(service, fields) <= (service is handoff.rate)
            assert self.seen() == before or service is handoff.rate

    @invariant()
    def every_step_is_legal_and_told(self) -> None:
        if not hasattr(self, "conversation"):
            return
        conversation = Conversation.objects.get(pk=self.conversation.pk)
        steps = list(conversation.transitions.exclude(reason=NOTHING_TO_DO))
        assert {(step.before, step.after) for step in steps} <= PAIRS
        assert [step.before for step in steps[1:]] == [step.after for step in steps[:-1]]
        assert conversation.state == (steps[-1].after if steps else State.BOT)
        turns = list(conversation.turns.order_by("seq"))
        assert [turn.seq for turn in turns] == list(range(1, conversation.last_seq + 1))
        told = [turn for turn in turns if turn.role == Turn.Role.SYSTEM]
        assert len(told) >= len(steps)
        assert all(turn.text and turn.html for turn in told)
        self.check_fields(conversation)

    def check_fields(self, conversation: Conversation) -> None:
        state = conversation.state
        assert (conversation.assignee is not None) or state != State.ASSIGNED
        assert conversation.assignee is None or state in {State.ASSIGNED, State.RESOLVED, State.CLOSED}
        assert conversation.waiting_since is not None or state not in {State.WAITING, State.TICKET}
        status = handoff.status_of(conversation, now=self.now)
        assert (status.position is not None) == (state == State.WAITING)
        assert (status.agent is not None) == (state == State.ASSIGNED)


def test_whatever_is_done_no_state_is_illegal_and_the_customer_is_told(db: None) -> None:
    quick = settings(
        max_examples=20,
        stateful_step_count=20,
        deadline=None,
        phases=[Phase.generate],  # shrinking would take minutes: every step is a transaction
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Handing, settings=quick)


def test_who_has_it_is_asked_of_the_row_under_its_lock(conversation: Conversation, ann: User, bob: User) -> None:
    """A stale object decides nothing."""
    stale = Conversation.objects.get(pk=conversation.pk)
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    assert stale.state == State.BOT
    with pytest.raises(Conflict):
        handoff.claim(conversation_id=stale.pk, agent=bob, client_id=new_id())
