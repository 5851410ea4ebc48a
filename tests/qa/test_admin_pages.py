"""Every page of the operators' admin opens, in both languages."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qa.models import Alias, Conversation, Entry, Evidence, KnowledgeBase, Product, Release, ReviewItem, Term, Turn

MODELS = ("entry", "term", "knowledgebase", "product", "conversation", "release", "evidence", "reviewitem")


@pytest.fixture
def records(knowledge_base: KnowledgeBase) -> dict[str, int]:
    """Give one row of each model that has a page."""
    entry = Entry.objects.filter(knowledge_base=knowledge_base).first()
    assert entry is not None
    term = Term.objects.create(knowledge_base=knowledge_base, text="管理页")
    Alias.objects.create(term=term, text="后台")
    conversation = Conversation.objects.create(knowledge_base=knowledge_base, token_digest="x")
    asked = Turn.objects.create(
        conversation=conversation, seq=1, role=Turn.Role.CUSTOMER, kind=Turn.Kind.TEXT, text="不制冷"
    )
    Turn.objects.create(
        conversation=conversation, seq=2, role=Turn.Role.BOT, kind=Turn.Kind.ANSWER, text="请检查。", entry=entry
    )
    product, _ = Product.objects.get_or_create(knowledge_base=knowledge_base, code="admin-pages")
    release = Release.objects.create(reason=Release.Reason.KNOWLEDGE, knowledge_revision=1, lexicon_revision=1)
    sign = Evidence.objects.create(turn=asked, source="person", claim="unknown", weight=0.4)
    item = ReviewItem.objects.create(
        knowledge_base=knowledge_base, text="不制冷", key="k", proposal="unknown", refreshed_at=timezone.now()
    )
    item.occurrences.create(turn=asked, text="不制冷", key="k", asked_at=asked.at)
    item.judgements.create(verdict="discarded")
    pages = (entry, term, knowledge_base, product, conversation, release, sign, item)
    return dict(zip(MODELS, (page.pk for page in pages), strict=True))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("model", MODELS)
def test_list_and_form_open(admin_client: Client, records: dict[str, int], model: str, language: str) -> None:
    for url in (
        reverse(f"admin:qa_{model}_changelist"),
        reverse(f"admin:qa_{model}_change", args=[records[model]]),
    ):
        assert admin_client.get(url, headers={"accept-language": language}).status_code == 200


def test_a_conversation_is_read_only(admin_client: Client, records: dict[str, int]) -> None:
    url = reverse("admin:qa_conversation_change", args=[records["conversation"]])
    assert "<textarea" not in admin_client.get(url).text
    assert admin_client.post(url, {"state": "waiting"}).status_code == 403
