"""`propose_reviews`, `export_reviewed` and `forget`: what is printed and written, and what a refusal looks like."""

import io
import json
import uuid
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from qa.evaluating.questions import LabelledQuestion, known_entries, read_questions
from qa.models import Conversation, KnowledgeBase, Release, ReviewItem
from qa.services.reviewing import NewJudgement, review_item
from qa.tasks import forget_conversations, propose_reviews
from tests.factories import make_conversation
from tests.qa.services.review_fakes import asked, grow_old, proposed_item

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def reviewed(base: KnowledgeBase, text: str, **fields: object) -> ReviewItem:
    item = proposed_item(base, text, **fields)
    reviewer, _ = User.objects.get_or_create(username="reviewer")
    return review_item(item_id=item.pk, reviewer=reviewer, judgement=NewJudgement(ReviewItem.State.CONFIRMED))


def test_propose_reviews_with_the_live_encoder(live_release: Release) -> None:
    asked("where are the bicycles", decision="handoff", hits=[("spare-parts", 0.1)])
    asked("how do I clean it", decision="answer", hits=[("filter", 0.99)])
    asked("Where are the bicycles?", decision="handoff", hits=[("spare-parts", 0.1)])
    assert run("propose_reviews").splitlines() == [
        "Read 3 answered utterances: 1 known already, 1 repeat an item, 0 left for the next run.",
        "Proposed 1, refreshed 0; agents settled 0. Review them at /learning/.",
    ]
    asked("something else entirely", decision="handoff")
    assert json.loads(run("propose_reviews", "--json", "--knowledge-base", "small"))["num_proposed"] == 1


def test_the_task_proposes(live_release: Release) -> None:
    asked("where are the bicycles", decision="handoff")
    propose_reviews(KnowledgeBase.objects.get().pk)
    assert ReviewItem.objects.get().text == "where are the bicycles"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("propose_reviews", "--limit", "0"), "give 1 or more"),
        (("propose_reviews", "--knowledge-base", "nowhere"), "small"),
        (("propose_reviews",), "prepare_model"),
        (("export_reviewed", "FILE"), "Nothing has been reviewed"),
        (("export_reviewed", "FILE", "--knowledge-base", "nowhere"), "small"),
        (("forget", "--conversation", "12"), "expected a UUID"),
        (("forget", "--conversation", str(uuid.UUID(int=1))), "no conversation with this id"),
    ],
    ids=range(7),
)
def test_refusals_are_in_words(
    knowledge_base: KnowledgeBase, tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    from django.utils import translation

    given = [tmp_path / "out.tsv" if argument == "FILE" else argument for argument in arguments]
    with translation.override("en"), pytest.raises(CommandError, match=complaint):
        run(*given)
    assert list(tmp_path.iterdir()) == []


def test_what_is_exported_is_what_evaluate_and_calibrate_read(knowledge_base: KnowledgeBase, tmp_path: Path) -> None:
    reviewed(knowledge_base, "call 13812345678, my\tunit\nis dirty")
    reviewed(knowledge_base, "do you sell bicycles", decision="handoff", hits=[])
    path = tmp_path / "reviewed.tsv"
    assert run("export_reviewed", path) == f"Wrote 2 reviewed utterances to {path}.\n"
    assert path.read_text() == "label\ttext\nfilter\tcall, my unit is dirty\n__oos__\tdo you sell bicycles\n"
    questions = read_questions(path, known_entries(knowledge_base)).questions
    assert questions == (
        LabelledQuestion("filter", "call, my unit is dirty"),
        LabelledQuestion("__oos__", "do you sell bicycles"),
    )


def test_a_folder_that_is_not_there_is_said(knowledge_base: KnowledgeBase, tmp_path: Path) -> None:
    reviewed(knowledge_base, "my unit is dirty")
    with pytest.raises(CommandError, match="can't be written"):
        run("export_reviewed", tmp_path / "nowhere" / "reviewed.tsv")


def test_forget_by_age_and_by_id(knowledge_base: KnowledgeBase) -> None:
    old, one = make_conversation(), make_conversation()
    grow_old(old, 181)
    assert run("forget").splitlines() == [
        "Conversations are kept for 180 days.",
        "Deleted 1 conversations, 0 review items and 0 phrasings made of them.",
    ]
    assert run("forget", "--conversation", one.public_id).startswith("Deleted 1 conversations")
    assert not Conversation.objects.exists()


def test_the_task_forgets(knowledge_base: KnowledgeBase) -> None:
    grow_old(make_conversation(), 181)
    forget_conversations()
    assert not Conversation.objects.exists()
