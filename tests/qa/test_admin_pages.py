"""Every page of the operators' admin opens, in both languages."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from qa.evaluating.verdicts import Code, Reason
from qa.models import (
    Alias,
    Conversation,
    Entry,
    Evidence,
    KnowledgeBase,
    MustAnswer,
    Product,
    Release,
    ReviewItem,
    Term,
    Trial,
    Turn,
)
from qa.services.reports import report_folder

MODELS = (
    "entry",
    "term",
    "knowledgebase",
    "product",
    "conversation",
    "release",
    "evidence",
    "reviewitem",
    "mustanswer",
    "trial",
)


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
    must = MustAnswer.objects.create(knowledge_base=knowledge_base, entry=entry, text="不制冷怎么办")
    reason = Reason(Code.LATENCY, "", {"ratio": 2.0, "most": 1.25})
    trial = Trial.objects.create(candidate_fingerprint="c", is_blessed=False, reasons=[reason.to_json()])
    pages = (entry, term, knowledge_base, product, conversation, release, sign, item, must, trial)
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


def test_a_trial_says_why_and_shows_its_report(
    admin_client: Client, client: Client, records: dict[str, int], settings: Settings, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path  # reports of other tests lie in the shared one, under the same numbers
    url = reverse("admin:qa_trial_change", args=[records["trial"]])
    page = admin_client.get(url, headers={"accept-language": "en"}).text
    assert "Answers take 2.00 times as long as the live model&#x27;s; at most 1.25 is allowed." in page
    report = reverse("admin:qa_trial_report", args=[records["trial"]])
    assert report not in page
    assert admin_client.get(report).status_code == 404
    folder = report_folder(records["trial"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text("<p>what was found")
    assert report in admin_client.get(url).text
    shown = admin_client.get(report)
    assert shown.content == b"<p>what was found"
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert client.get(report).status_code == 302


def test_what_must_be_answered_needs_an_entry_with_an_answer(
    admin_client: Client, records: dict[str, int], knowledge_base: KnowledgeBase
) -> None:
    silent = Entry.objects.create(knowledge_base=knowledge_base, external_id="silent", is_out_of_scope=True)
    form = {"knowledge_base": knowledge_base.pk, "entry": silent.pk, "text": "漏水"}
    url = reverse("admin:qa_mustanswer_add")
    refused = admin_client.post(url, form, headers={"accept-language": "en"})
    assert "Choose an entry of this knowledge base that has an answer." in refused.text
    assert admin_client.post(url, form | {"entry": records["entry"]}).status_code == 302
    assert MustAnswer.objects.filter(text="漏水").exists()
