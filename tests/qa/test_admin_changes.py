"""What operators change by hand: which changes make a release, and what a refusal looks like."""

import pytest
from django.test import Client
from django.urls import reverse

from nlp.calibration import Calibration
from nlp.promises import Promise
from qa.models import Entry, KnowledgeBase, LiveRelease, Phrasing, Release, Term
from qa.services.releases import release_calibrations

FITTED = Calibration(("score",), (0.8,), (0.1,), (1.0,), 0.0, 0.4, 0.2, (Promise(0.9, 0.7, 0.61),))
ENGLISH = {"accept-language": "en"}


def num_releases() -> int:
    return Release.objects.count()


def live() -> Release:
    release = LiveRelease.objects.select_related("release").get().release
    assert release is not None
    return release


def save(client: Client, base: KnowledgeBase, **changed: str) -> str:
    """Post the form of a knowledge base with some fields changed; return the page that follows."""
    fields = {
        "slug": base.slug,
        "name": base.name,
        "name_en": base.name_en,
        "default_language": base.default_language,
        "promise_target": "" if base.promise_target is None else str(base.promise_target),
        "contact_zh": base.contact_zh,
        "contact_en": base.contact_en,
        **{name: str(getattr(base, name)) for name in ("reply_within_s", "waiting_limit_s", "idle_limit_s")},
    }
    url = reverse("admin:qa_knowledgebase_change", args=[base.pk])
    answer = client.post(url, {**fields, **changed}, headers=ENGLISH, follow=True)
    assert answer.status_code == 200
    base.refresh_from_db()
    return answer.text


def page_of(client: Client, base: KnowledgeBase) -> str:
    return client.get(reverse("admin:qa_knowledgebase_change", args=[base.pk]), headers=ENGLISH).text


def test_another_promise_is_a_release(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    for number, (written, target) in enumerate((("0.9", 0.9), ("0.95", 0.95), ("", None)), start=1):
        before = live()
        save(admin_client, knowledge_base, promise_target=written)
        assert knowledge_base.promise_target == target
        assert live().number == before.number + 1, number
        assert live().reason == Release.Reason.KNOWLEDGE


def test_another_name_is_no_release(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    knowledge_base.promise_target = 0.9
    knowledge_base.save()
    before = num_releases()
    save(admin_client, knowledge_base, name="另一个名字", contact_en="Call 400-2")
    assert (knowledge_base.name, knowledge_base.contact_en) == ("另一个名字", "Call 400-2")
    assert knowledge_base.promise_target == 0.9
    assert num_releases() == before


def test_new_knowledge_base_is_a_release(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    before = num_releases()
    fields = {"slug": "new", "name": "New", "default_language": "en"}
    fields |= {"reply_within_s": "180", "waiting_limit_s": "600", "idle_limit_s": "3600"}
    admin_client.post(reverse("admin:qa_knowledgebase_add"), fields, headers=ENGLISH)
    assert KnowledgeBase.objects.get(slug="new").promise_target is None
    assert num_releases() == before + 1


@pytest.mark.parametrize("written", ["0.4", "1", "95", "-1", "much"])
def test_promise_out_of_range_is_refused_in_the_form(
    admin_client: Client, knowledge_base: KnowledgeBase, written: str
) -> None:
    before = num_releases()
    page = save(admin_client, knowledge_base, promise_target=written)
    assert "errorlist" in page
    assert knowledge_base.promise_target is None
    assert num_releases() == before


def test_page_says_that_nothing_was_fitted(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    assert "Not known yet: the confidence has not been fitted." in page_of(admin_client, knowledge_base)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (None, "No promise is stated: answering and declining are balanced."),
        (0.9, "At least 90 % of automatic answers are right: kept, answering 61 % of the questions."),
        (0.95, "nothing is answered automatically. At 90 % it can, answering 61 % of the questions."),
    ],
)
def test_page_says_what_can_be_promised(
    admin_client: Client, knowledge_base: KnowledgeBase, target: float | None, words: str
) -> None:
    release_calibrations(calibrations={knowledge_base.slug: FITTED.to_json()})
    knowledge_base.promise_target = target
    knowledge_base.save()
    assert words in page_of(admin_client, knowledge_base)


def test_page_of_a_knowledge_base_that_is_not_written_yet_opens(admin_client: Client, db: None) -> None:
    page = admin_client.get(reverse("admin:qa_knowledgebase_add"), headers=ENGLISH)
    assert page.status_code == 200


def run_action(client: Client, action: str, *terms: Term) -> str:
    fields = {"action": action, "_selected_action": [str(term.pk) for term in terms]}
    answer = client.post(reverse("admin:qa_term_changelist"), fields, headers=ENGLISH, follow=True)
    assert answer.status_code == 200
    return answer.text


@pytest.fixture
def proposed(knowledge_base: KnowledgeBase) -> list[Term]:
    return [
        Term.objects.create(knowledge_base=knowledge_base, text=text, status=Term.Status.PROPOSED)
        for text in ("txv", "eev")
    ]


def statuses() -> dict[str, str]:
    return dict(Term.objects.values_list("text", "status"))


def test_terms_are_approved_in_one_release(admin_client: Client, proposed: list[Term]) -> None:
    before = live()
    assert "2 terms changed." in run_action(admin_client, "approve", *proposed)
    assert statuses() == dict.fromkeys(("缺氟", "E4", "txv", "eev"), "approved")
    after = live()
    assert (after.number, after.lexicon_revision) == (before.number + 1, before.lexicon_revision + 1)
    assert "0 terms changed." in run_action(admin_client, "approve", *proposed)
    assert live() == after


def test_rejecting_proposals_makes_no_release(admin_client: Client, proposed: list[Term]) -> None:
    before = num_releases()
    assert "1 terms changed." in run_action(admin_client, "reject", proposed[0])
    assert statuses() == {"缺氟": "approved", "E4": "approved", "txv": "rejected", "eev": "proposed"}
    assert num_releases() == before


def test_rejecting_an_approved_term_is_a_release(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    before = live()
    assert "1 terms changed." in run_action(admin_client, "reject", Term.objects.get(text="E4"))
    assert live().lexicon_revision == before.lexicon_revision + 1


def test_term_that_is_an_alias_already_is_refused_in_words(
    admin_client: Client, knowledge_base: KnowledgeBase, proposed: list[Term]
) -> None:
    clash = Term.objects.create(knowledge_base=knowledge_base, text="少氟", status=Term.Status.PROPOSED)
    before = num_releases()
    page = run_action(admin_client, "approve", *proposed, clash)
    assert "“少氟” is already a way to say “缺氟”" in page
    assert "terms changed" not in page
    assert {statuses()[text] for text in ("txv", "eev", "少氟")} == {"proposed"}
    assert num_releases() == before


def add_entry(client: Client, base: KnowledgeBase, **changed: str) -> str:
    """Post the form of a new entry with one phrasing and no answer; return the page that follows."""
    fields = {
        "knowledge_base": str(base.pk),
        "external_id": "cars",
        "status": "published",
        "answers-TOTAL_FORMS": "0",
        "answers-INITIAL_FORMS": "0",
        "phrasings-TOTAL_FORMS": "1",
        "phrasings-INITIAL_FORMS": "0",
        "phrasings-0-language": "en",
        "phrasings-0-text": "can you repair my car",
    }
    answer = client.post(reverse("admin:qa_entry_add"), {**fields, **changed}, headers=ENGLISH, follow=True)
    assert answer.status_code == 200
    return answer.text


def test_topic_to_decline_is_published_without_an_answer(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    before = live()
    page = add_entry(admin_client, knowledge_base, is_out_of_scope="on")
    assert "stays a draft" not in page
    topic = Entry.objects.get(external_id="cars")
    assert (topic.status, topic.is_out_of_scope, topic.answers.count()) == ("published", True, 0)
    assert list(topic.phrasings.values_list("text", "source")) == [("can you repair my car", Phrasing.Source.EDITOR)]
    assert topic.revision == live().knowledge_revision == before.knowledge_revision + 1


def test_entry_that_is_no_topic_to_decline_stays_a_draft_without_an_answer(
    admin_client: Client, knowledge_base: KnowledgeBase
) -> None:
    assert "An entry without an answer stays a draft." in add_entry(admin_client, knowledge_base)
    entry = Entry.objects.get(external_id="cars")
    assert (entry.status, entry.is_out_of_scope) == ("draft", False)


def test_topics_to_decline_can_be_listed_alone(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    add_entry(admin_client, knowledge_base, is_out_of_scope="on")
    page = admin_client.get(reverse("admin:qa_entry_changelist"), {"is_out_of_scope__exact": "1"}, headers=ENGLISH)
    assert [entry.external_id for entry in page.context["cl"].result_list] == ["cars"]


def test_draft_topic_to_decline_is_published_by_the_action(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    add_entry(admin_client, knowledge_base, is_out_of_scope="on", status="draft")
    topic = Entry.objects.get(external_id="cars")
    assert topic.status == "draft"
    fields = {"action": "publish", "_selected_action": [str(topic.pk)]}
    page = admin_client.post(reverse("admin:qa_entry_changelist"), fields, headers=ENGLISH, follow=True)
    assert "1 entries changed." in page.text
    topic.refresh_from_db()
    assert topic.status == "published"
