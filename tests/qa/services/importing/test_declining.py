"""Importing questions to decline: topics of their own, published without an answer."""

from pathlib import Path

import pytest

from qa.models import Entry, KnowledgeBase, Release
from qa.services.importing import ImportReport, import_knowledge
from tests.qa.services.importing.conftest import Bring, phrasings

pytestmark = pytest.mark.django_db

DECLINED = "label\ttext\n__oos__\t能修车吗\n__oos__\ttell me a joke\n"


def test_import_of_questions_to_decline_publishes_them_without_an_answer(
    tmp_path: Path, knowledge_base: KnowledgeBase
) -> None:
    path = tmp_path / "f.tsv"
    path.write_text(DECLINED)
    report = import_knowledge(path=path, knowledge_base=knowledge_base)
    assert report == ImportReport(1, 0, 0, 2, 0, 0, ())
    topic = Entry.objects.get()
    assert (topic.external_id, topic.status, topic.is_out_of_scope) == ("__oos__", "published", True)
    assert (topic.answers.count(), topic.revision) == (0, 1)
    assert phrasings() == {("zh", "能修车吗"), ("en", "tell me a joke")}


def test_import_of_questions_to_decline_again_changes_nothing(tmp_path: Path, knowledge_base: KnowledgeBase) -> None:
    path = tmp_path / "f.tsv"
    path.write_text(DECLINED)
    import_knowledge(path=path, knowledge_base=knowledge_base)
    before = Entry.objects.values().get(), Release.objects.count()
    assert import_knowledge(path=path, knowledge_base=knowledge_base) == ImportReport(0, 0, 1, 0, 0, 0, ())
    assert before == (Entry.objects.values().get(), Release.objects.count())


def test_import_of_more_questions_to_decline_and_of_others_beside_them(bring: Bring) -> None:
    bring({"external_id": "__oos__", "phrasings": {"en": ["tell me a joke"]}})
    more = {"external_id": "__oos__", "phrasings": {"en": ["tell me a joke", "sing"]}}
    report = bring(more, {"external_id": "n", "phrasings": {"en": ["why"]}})
    assert (report.num_created, report.num_updated, report.num_phrasings) == (1, 1, 2)
    assert report.warnings == ("n (entry 2) has no answer and stays a draft. Give it one.",)
    assert set(Entry.objects.values_list("external_id", "status", "is_out_of_scope")) == {
        ("__oos__", "published", True),
        ("n", "draft", False),
    }


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_import_of_questions_to_decline_keeps_to_the_status_that_is_given(bring: Bring, status: str) -> None:
    given = {"external_id": "__oos__", "status": status, "phrasings": {"en": ["sing"]}}
    assert bring(given).warnings == ()
    assert Entry.objects.values_list("status", "is_out_of_scope").get() == (status, True)


def test_import_marks_a_topic_that_was_made_without_its_mark(bring: Bring, knowledge_base: KnowledgeBase) -> None:
    Entry.objects.create(knowledge_base=knowledge_base, external_id="__oos__")
    bring({"external_id": "__oos__", "status": "published", "phrasings": {"en": ["sing"]}})
    assert Entry.objects.values_list("status", "is_out_of_scope").get() == ("published", True)


def test_import_into_a_topic_that_an_editor_marked_needs_no_answer(bring: Bring, knowledge_base: KnowledgeBase) -> None:
    Entry.objects.create(knowledge_base=knowledge_base, external_id="cars", is_out_of_scope=True)
    report = bring({"external_id": "cars", "status": "published", "phrasings": {"en": ["my car"]}})
    assert report.warnings == ()
    assert Entry.objects.values_list("status", "is_out_of_scope").get() == ("published", True)
