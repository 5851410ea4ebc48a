"""Entries: canonical questions are phrasings, and what can't answer is not published."""

import pytest
from django.utils import translation

from qa.exceptions import QAError
from qa.models import Answer, Entry, KnowledgeBase, LiveRelease, Phrasing
from qa.services.knowledge import set_status, sync_question_phrasings


def questions_of(entry: Entry) -> list[tuple[str, str]]:
    found = entry.phrasings.filter(source=Phrasing.Source.QUESTION).order_by("language")
    return list(found.values_list("language", "text"))


def knowledge_revision() -> int:
    release = LiveRelease.objects.select_related("release").get().release
    assert release is not None
    return release.knowledge_revision


def test_question_phrasings_follow_the_answers(knowledge_base: KnowledgeBase) -> None:
    entry = knowledge_base.entries.get(external_id="warranty")
    assert questions_of(entry) == [("en", "How long is the warranty?"), ("zh", "保修期多久？")]
    kept = entry.phrasings.get(source=Phrasing.Source.QUESTION, language="zh").pk
    entry.answers.filter(language="en").update(question="For how long?")
    sync_question_phrasings(entries=[entry])
    assert questions_of(entry) == [("en", "For how long?"), ("zh", "保修期多久？")]
    # An unchanged one stays the same row: its vector needs no encoding.
    assert entry.phrasings.get(source=Phrasing.Source.QUESTION, language="zh").pk == kept
    entry.answers.filter(language="zh").delete()
    sync_question_phrasings(entries=[entry])
    assert questions_of(entry) == [("en", "For how long?")]


def test_question_phrasings_leave_the_editors_alone(knowledge_base: KnowledgeBase) -> None:
    entry = knowledge_base.entries.get(external_id="warranty")
    before = set(entry.phrasings.exclude(source=Phrasing.Source.QUESTION).values_list("pk", flat=True))
    Answer.objects.filter(entry=entry).delete()
    sync_question_phrasings(entries=[entry])
    assert set(entry.phrasings.values_list("pk", flat=True)) == before


def test_set_status_changes_rows_and_releases_once(knowledge_base: KnowledgeBase) -> None:
    before = knowledge_revision()
    chosen = list(knowledge_base.entries.filter(external_id__in=["warranty", "filter"]))
    assert set_status(entries=chosen, status=Entry.Status.ARCHIVED) == 2
    assert knowledge_revision() == before + 1
    archived = knowledge_base.entries.filter(status=Entry.Status.ARCHIVED)
    assert list(archived.values_list("external_id", "revision")) == [("filter", before + 1), ("warranty", before + 1)]


def test_set_status_refuses_to_publish_what_can_not_answer(knowledge_base: KnowledgeBase) -> None:
    silent = Entry.objects.create(knowledge_base=knowledge_base, external_id="silent")
    before = knowledge_revision()
    other = knowledge_base.entries.get(external_id="filter")
    with pytest.raises(QAError, match="silent"):
        set_status(entries=[silent, other], status=Entry.Status.PUBLISHED)
    silent.refresh_from_db()
    assert silent.status == Entry.Status.DRAFT
    assert knowledge_revision() == before
    # Withdrawing it needs no answer.
    assert set_status(entries=[silent], status=Entry.Status.ARCHIVED) == 1


def test_topic_to_decline_is_published_without_an_answer(knowledge_base: KnowledgeBase) -> None:
    topic = Entry.objects.create(knowledge_base=knowledge_base, external_id="cars", is_out_of_scope=True)
    before = knowledge_revision()
    assert set_status(entries=[topic], status=Entry.Status.PUBLISHED) == 1
    topic.refresh_from_db()
    assert (topic.status, topic.revision) == (Entry.Status.PUBLISHED, before + 1)


def test_topic_to_decline_excuses_no_entry_beside_it(knowledge_base: KnowledgeBase) -> None:
    topic = Entry.objects.create(knowledge_base=knowledge_base, external_id="cars", is_out_of_scope=True)
    silent = Entry.objects.create(knowledge_base=knowledge_base, external_id="silent")
    with translation.override("en"), pytest.raises(QAError, match=r"can't be published: silent\."):
        set_status(entries=[topic, silent], status=Entry.Status.PUBLISHED)
    topic.refresh_from_db()
    assert topic.status == Entry.Status.DRAFT
