"""A knowledge base's own number formats: refused in words where they can't be used."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation

from qa.models import KnowledgeBase, Term


def complaints(base: KnowledgeBase, templates: str, language: str = "en") -> list[str]:
    base.number_templates = templates
    with translation.override(language):
        try:
            base.full_clean()
        except ValidationError as error:
            return error.messages
    return []


@pytest.mark.parametrize(
    ("templates", "complaint"),
    [
        ("HJ####", "“HJ####” has fewer than 5 places that vary, so it would hit error codes and model numbers."),
        ("@@@@@", "“@@@@@” holds no # for a digit, so it would hit words."),
        ("#" * 41, f"“{'#' * 20}…” has more than 40 characters."),
        ("\n".join(["#####"] * 21), "There are more than 20 templates."),
    ],
)
def test_what_cannot_be_used_is_refused(knowledge_base: KnowledgeBase, templates: str, complaint: str) -> None:
    assert complaints(knowledge_base, templates) == [complaint]
    assert complaints(knowledge_base, templates, "zh-hans") != [complaint]


def test_what_would_hide_a_term_is_refused(knowledge_base: KnowledgeBase) -> None:
    Term.objects.create(knowledge_base=knowledge_base, text="KFR-35GW", kind=Term.Kind.MODEL)
    Term.objects.create(knowledge_base=knowledge_base, text="LCD-99XX", status=Term.Status.REJECTED)
    assert complaints(knowledge_base, "@@@-##@@") == [
        "“@@@-##@@” matches the term “KFR-35GW”, which must stay readable. Make it narrower."
    ]
    assert complaints(knowledge_base, "LC@-##@@#") == []
    assert complaints(knowledge_base, "HJ########-####\n\nSN#?????????") == []


def test_the_admin_says_so(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    url = reverse("admin:qa_knowledgebase_change", args=[knowledge_base.pk])
    fields = {"slug": "small", "name": "x", "default_language": "zh", "number_templates": "HJ####"}
    fields |= {"reply_within_s": "180", "waiting_limit_s": "600", "idle_limit_s": "3600"}
    answer = admin_client.post(url, fields, headers={"accept-language": "en"})
    assert "has fewer than 5 places that vary" in answer.text
    assert admin_client.post(url, {**fields, "number_templates": "HJ######"}).status_code == 302
    knowledge_base.refresh_from_db()
    assert knowledge_base.number_templates == "HJ######"
