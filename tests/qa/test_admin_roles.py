"""What members of staff see and change in the admin, with one knowledge base of two."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from qa.models import Entry, KnowledgeBase, Membership, MustAnswer, Phrasing, Role, Term
from tests.factories import make_entry

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def ours() -> KnowledgeBase:
    """Give the knowledge base that the editor has."""
    return KnowledgeBase.objects.create(slug="ours", name="Ours")


@pytest.fixture
def theirs() -> KnowledgeBase:
    """Give another one."""
    return KnowledgeBase.objects.create(slug="theirs", name="Theirs")


@pytest.fixture
def editor(ours: KnowledgeBase, theirs: KnowledgeBase) -> User:
    """Give an editor of OURS."""
    user = User.objects.create(username="editor", is_staff=True)
    Membership.objects.create(user=user, knowledge_base=ours, role=Role.EDITOR)
    return user


@pytest.fixture
def signed_in(editor: User) -> Client:
    """Let the editor in."""
    client = Client(headers=ENGLISH)
    client.force_login(editor)
    return client


def form_of(entry: Entry, base: KnowledgeBase, **changed: str) -> dict[str, str]:
    """Return an entry's form as a browser sends it."""
    answer = entry.answers.get()
    management = {
        f"{name}-{what}_FORMS": str(count)
        for name, initial, total in (("answers", 1, 1), ("phrasings", 0, 1))
        for what, count in (("INITIAL", initial), ("TOTAL", total))
    }
    answers = {"id": str(answer.pk), "entry": str(entry.pk), "language": "en", "question": "Q?", "text": "New."}
    phrasing = {"id": "", "entry": str(entry.pk), "language": "en", "text": "in other words"}
    return {
        "knowledge_base": str(base.pk),
        "external_id": entry.external_id,
        "status": "published",
        "category": "",
        **management,
        **{f"answers-0-{name}": value for name, value in answers.items()},
        **{f"phrasings-0-{name}": value for name, value in phrasing.items()},
        **changed,
    }


def test_an_editor_changes_an_entry_with_its_answers_and_phrasings(signed_in: Client, ours: KnowledgeBase) -> None:
    entry = make_entry(ours, "fee", "How much?", "Old.")
    url = reverse("admin:qa_entry_change", args=[entry.pk])
    assert signed_in.post(url, form_of(entry, ours)).status_code == 302
    assert entry.answers.get().text == "New."
    assert Phrasing.objects.filter(entry=entry, text="in other words").exists()


def test_an_entry_of_another_knowledge_base_is_as_unknown_as_none(signed_in: Client, theirs: KnowledgeBase) -> None:
    entry = make_entry(theirs, "fee", "How much?", "Old.")
    answers = [
        signed_in.post(reverse("admin:qa_entry_change", args=[number]), form_of(entry, theirs))
        for number in (entry.pk, 10**6)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert entry.answers.get().text == "Old."


def test_an_entry_can_not_be_moved_into_another_knowledge_base(
    signed_in: Client, ours: KnowledgeBase, theirs: KnowledgeBase
) -> None:
    entry = make_entry(ours, "fee", "How much?", "Old.")
    url = reverse("admin:qa_entry_change", args=[entry.pk])
    refused = signed_in.post(url, form_of(entry, theirs))
    assert (refused.status_code, "Select a valid choice" in refused.text) == (200, True)
    entry.refresh_from_db()
    assert entry.knowledge_base == ours


def test_actions_reach_ones_own_rows_only(signed_in: Client, ours: KnowledgeBase, theirs: KnowledgeBase) -> None:
    terms = [Term.objects.create(knowledge_base=base, text="缺氟") for base in (ours, theirs)]
    chosen = {"_selected_action": [term.pk for term in terms]}
    url = reverse("admin:qa_term_changelist")
    signed_in.post(url, {"action": "reject", **chosen})
    assert [Term.objects.get(pk=term.pk).status for term in terms] == ["rejected", "approved"]
    signed_in.post(url, {"action": "delete_selected", "post": "yes", **chosen})
    assert list(Term.objects.all()) == [terms[1]]


def test_who_may_only_look_at_some_of_the_chosen_changes_none(
    signed_in: Client, editor: User, ours: KnowledgeBase, theirs: KnowledgeBase
) -> None:
    editor.user_permissions.add(Permission.objects.get(codename="view_term"))
    terms = [Term.objects.create(knowledge_base=base, text="缺氟") for base in (ours, theirs)]
    url = reverse("admin:qa_term_changelist")
    answer = signed_in.post(url, {"action": "reject", "_selected_action": [term.pk for term in terms]})
    assert answer.status_code == 403
    assert set(Term.objects.values_list("status", flat=True)) == {"approved"}


def test_who_may_only_look_is_offered_no_action(ours: KnowledgeBase) -> None:
    user = User.objects.create(username="onlooker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_entry"))
    entry = make_entry(ours, "fee", "How much?", "Old.")
    client = Client(headers=ENGLISH)
    client.force_login(user)
    url = reverse("admin:qa_entry_changelist")
    assert 'value="archive"' not in client.get(url).text
    client.post(url, {"action": "archive", "_selected_action": [entry.pk]})
    entry.refresh_from_db()
    assert entry.status == Entry.Status.PUBLISHED


def test_entries_of_others_are_neither_offered_nor_found(
    signed_in: Client, ours: KnowledgeBase, theirs: KnowledgeBase
) -> None:
    own, foreign = make_entry(ours, "fee", "How much?", "A."), make_entry(theirs, "fee-of-theirs", "How much?", "A.")
    query = {"app_label": "qa", "model_name": "mustanswer", "field_name": "entry", "term": "fee"}
    found = signed_in.get(reverse("admin:autocomplete"), query).json()["results"]
    assert [row["id"] for row in found] == [str(own.pk)]
    form = {"knowledge_base": ours.pk, "text": "what does it cost"}
    refused = signed_in.post(reverse("admin:qa_mustanswer_add"), {**form, "entry": foreign.pk})
    assert "Select a valid choice" in refused.text
    assert signed_in.post(reverse("admin:qa_mustanswer_add"), {**form, "entry": own.pk}).status_code == 302
    assert MustAnswer.objects.get().entry == own


def test_an_editor_of_all_sees_knowledge_bases_to_come(editor: User) -> None:
    Membership.objects.create(user=editor, role=Role.EDITOR)
    make_entry(KnowledgeBase.objects.create(slug="new", name="New"), "fee", "How much?", "A.")
    client = Client(headers=ENGLISH)
    client.force_login(editor)
    assert "fee" in client.get(reverse("admin:qa_entry_changelist")).text
