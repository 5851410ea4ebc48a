"""Reviews: a label for good reasons only, undone by whoever gave it, a phrasing by an editor's act."""

import pytest
from django.contrib.auth.models import User

from qa import selectors
from qa.exceptions import BadMessage, Conflict, NotFound
from qa.models import Entry, Judgement, KnowledgeBase, Phrasing, Release, ReviewItem
from qa.services.evidence import note_agent_choice
from qa.services.knowledge import set_status
from qa.services.reviewing import NewJudgement, add_phrasing, review_item, settle_by_agents, undo_review
from tests.qa.services.review_fakes import entry_of, proposed_item

State = ReviewItem.State
CONFIRM = NewJudgement(State.CONFIRMED)
DISCARD = NewJudgement(State.DISCARDED)
OUTSIDE = NewJudgement(State.CORRECTED, "out_of_scope")


@pytest.fixture
def reviewer(db: None) -> User:
    """Give somebody who reviews."""
    return User.objects.create(username="reviewer")


@pytest.fixture
def item(knowledge_base: KnowledgeBase) -> ReviewItem:
    """Give an item for which the entry `filter` is proposed."""
    return proposed_item(knowledge_base)


def belongs_to(entry: str) -> NewJudgement:
    return NewJudgement(State.CORRECTED, "entry", entry)


def review(item: ReviewItem, reviewer: User, judgement: NewJudgement) -> tuple[str, str, str | None]:
    done = review_item(item_id=item.pk, reviewer=reviewer, judgement=judgement)
    return done.state, done.label, done.entry.external_id if done.entry else None


@pytest.mark.parametrize(
    ("judgement", "expected"),
    [
        (CONFIRM, ("confirmed", "entry", "filter")),
        (belongs_to("smell"), ("corrected", "entry", "smell")),
        (belongs_to("filter"), ("confirmed", "entry", "filter")),
        (OUTSIDE, ("corrected", "out_of_scope", None)),
        (DISCARD, ("discarded", "", None)),
    ],
    ids=["confirm", "correct", "choose what is proposed", "out of scope", "discard"],
)
def test_a_judgement_gives_the_label(
    item: ReviewItem, reviewer: User, judgement: NewJudgement, expected: tuple[str, str, str | None]
) -> None:
    for _ in range(2):
        assert review(item, reviewer, judgement) == expected
    item.refresh_from_db()
    assert (item.reviewer, item.reviewed_at is not None, Judgement.objects.count()) == (reviewer, True, 1)


def test_out_of_scope_can_be_confirmed(knowledge_base: KnowledgeBase, reviewer: User) -> None:
    item = proposed_item(knowledge_base, "do you sell bicycles", decision="handoff", hits=[])
    assert review(item, reviewer, CONFIRM) == ("confirmed", "out_of_scope", None)
    assert undo_review(item_id=item.pk, reviewer=reviewer).state == "proposed"
    assert review(item, reviewer, OUTSIDE) == ("confirmed", "out_of_scope", None)


def test_nothing_proposed_cannot_be_confirmed(knowledge_base: KnowledgeBase, reviewer: User) -> None:
    item = proposed_item(knowledge_base)
    ReviewItem.objects.filter(pk=item.pk).update(proposal="unknown", proposed_entry=None)
    with pytest.raises(BadMessage):
        review(item, reviewer, CONFIRM)
    assert review(item, reviewer, belongs_to("smell")) == ("corrected", "entry", "smell")


def test_only_published_entries_of_this_base_can_be_chosen(item: ReviewItem, reviewer: User) -> None:
    set_status(entries=[entry_of("smell")], status=Entry.Status.ARCHIVED)
    other = KnowledgeBase.objects.create(slug="other", name="other")
    Entry.objects.create(knowledge_base=other, external_id="elsewhere", status=Entry.Status.PUBLISHED)
    for entry in ("smell", "elsewhere", "nowhere", ""):
        with pytest.raises(NotFound):
            review(item, reviewer, belongs_to(entry))
    with pytest.raises(NotFound):
        review_item(item_id=item.pk + 1, reviewer=reviewer, judgement=CONFIRM)
    assert not Judgement.objects.exists()


def test_a_second_opinion_is_a_conflict(item: ReviewItem, reviewer: User) -> None:
    review(item, reviewer, CONFIRM)
    for who, judgement in ((reviewer, DISCARD), (User.objects.create(username="other"), CONFIRM)):
        with pytest.raises(Conflict):
            review(item, who, judgement)


def test_undo_brings_the_item_back(item: ReviewItem, reviewer: User) -> None:
    review(item, reviewer, belongs_to("smell"))
    undone = undo_review(item_id=item.pk, reviewer=reviewer)
    assert (undone.state, undone.label, undone.entry, undone.reviewer, undone.reviewed_at) == (
        "proposed",
        "",
        None,
        None,
        None,
    )
    assert Judgement.objects.get().undone_at is not None
    assert review(item, reviewer, CONFIRM) == ("confirmed", "entry", "filter")


def test_undo_is_for_ones_own(item: ReviewItem, reviewer: User) -> None:
    with pytest.raises(Conflict):
        undo_review(item_id=item.pk, reviewer=reviewer)
    review(item, reviewer, CONFIRM)
    with pytest.raises(Conflict):
        undo_review(item_id=item.pk, reviewer=User.objects.create(username="other"))
    item.refresh_from_db()
    assert item.state == "confirmed"


def test_a_reviewer_overrules_no_agents_but_undo_returns_to_them(item: ReviewItem, reviewer: User) -> None:
    turn = item.occurrences.get().turn
    assert turn is not None
    for name in "ab":
        agent = User.objects.create(username=name)
        note_agent_choice(question=turn, agent_id=agent.pk, entry=entry_of("smell"))
    review(item, reviewer, CONFIRM)
    assert settle_by_agents(item)
    item.refresh_from_db()
    assert (item.state, item.entry) == ("confirmed", entry_of("filter"))
    undone = undo_review(item_id=item.pk, reviewer=reviewer)
    assert (undone.state, undone.entry, undone.reviewer) == ("corrected", entry_of("smell"), None)


def test_a_reviewed_utterance_becomes_a_phrasing_by_an_act_of_its_own(item: ReviewItem, reviewer: User) -> None:
    review(item, reviewer, CONFIRM)
    before = Release.objects.count()
    assert not Phrasing.objects.filter(text=item.text).exists()
    made = add_phrasing(item_id=item.pk)
    assert (made.entry, made.language, made.text, made.source) == (entry_of("filter"), "en", item.text, "review")
    assert Release.objects.count() == before + 1
    latest = Release.objects.latest("pk")
    assert entry_of("filter").revision == latest.knowledge_revision
    with pytest.raises(Conflict):
        add_phrasing(item_id=item.pk)


def test_undo_withdraws_the_phrasing(item: ReviewItem, reviewer: User) -> None:
    review(item, reviewer, CONFIRM)
    add_phrasing(item_id=item.pk)
    before = Release.objects.count()
    undo_review(item_id=item.pk, reviewer=reviewer)
    assert not Phrasing.objects.filter(text=item.text).exists()
    assert Release.objects.count() == before + 1


def test_a_phrasing_holds_no_placeholder(knowledge_base: KnowledgeBase, reviewer: User) -> None:
    item = proposed_item(knowledge_base, "call 13812345678, my filter is full of dust")
    review(item, reviewer, CONFIRM)
    assert add_phrasing(item_id=item.pk).text == "call, my filter is full of dust"


def test_what_is_out_of_scope_becomes_a_phrasing_of_what_is_declined(
    knowledge_base: KnowledgeBase, item: ReviewItem, reviewer: User
) -> None:
    review(item, reviewer, OUTSIDE)
    made = add_phrasing(item_id=item.pk)
    assert (made.entry.external_id, made.entry.is_out_of_scope, made.entry.status) == ("__oos__", True, "published")
    made.entry.refresh_from_db()
    assert made.entry.revision == Release.objects.latest("pk").knowledge_revision
    other = proposed_item(knowledge_base, "do you sell bicycles")
    review(other, reviewer, OUTSIDE)
    assert add_phrasing(item_id=other.pk).entry == made.entry
    undo_review(item_id=item.pk, reviewer=reviewer)
    assert list(made.entry.phrasings.values_list("text", flat=True)) == ["do you sell bicycles"]


@pytest.mark.parametrize("judgement", [None, DISCARD])
def test_only_what_was_reviewed_becomes_a_phrasing(
    item: ReviewItem, reviewer: User, judgement: NewJudgement | None
) -> None:
    if judgement is not None:
        review(item, reviewer, judgement)
    with pytest.raises(Conflict):
        add_phrasing(item_id=item.pk)


def test_what_the_entry_says_already_is_no_new_phrasing(knowledge_base: KnowledgeBase, reviewer: User) -> None:
    item = proposed_item(knowledge_base, "washing the air filter")
    review(item, reviewer, CONFIRM)
    with pytest.raises(Conflict):
        add_phrasing(item_id=item.pk)


def test_reviewed_rows_are_labels_and_texts_without_placeholders(knowledge_base: KnowledgeBase, reviewer: User) -> None:
    kept = proposed_item(knowledge_base, "call 13812345678, the filter is full")
    review(kept, reviewer, CONFIRM)
    review(proposed_item(knowledge_base, "do you sell bicycles", decision="handoff", hits=[]), reviewer, CONFIRM)
    review(proposed_item(knowledge_base, "asdf"), reviewer, DISCARD)
    review(proposed_item(knowledge_base, "it stinks a lot"), reviewer, belongs_to("smell"))
    proposed_item(knowledge_base, "still waiting here")
    set_status(entries=[entry_of("smell")], status=Entry.Status.ARCHIVED)
    assert selectors.reviewed_rows(knowledge_base) == [
        ("filter", "call, the filter is full"),
        ("__oos__", "do you sell bicycles"),
    ]


def test_an_item_is_shown_with_its_suggestions(knowledge_base: KnowledgeBase) -> None:
    shown = selectors.show_item(proposed_item(knowledge_base))
    assert (shown.bot_entry, shown.proposed_entry) == (None, "filter")
    assert [(s.id, s.question, s.probability) for s in shown.suggestions] == [
        ("filter", "How do I clean the filter?", 0.4),
        ("smell", "Why does it smell musty?", 0.25),
    ]
