"""Labelled questions: which labels are known, and which line an unknown one stands in."""

import hashlib
from pathlib import Path

import pytest

from qa.evaluating.questions import KnownEntry, LabelledQuestion, known_entries, read_questions
from qa.exceptions import ImportRefused
from qa.models import Entry, KnowledgeBase

ENTRIES = {1: KnownEntry("noise", False), 2: KnownEntry("smell", True)}


def write(folder: Path, *lines: str) -> Path:
    path = folder / "questions.tsv"
    path.write_text("\n".join(("label\ttext", *lines)) + "\n", encoding="utf-8")
    return path


def test_questions_in_and_out_of_scope(tmp_path: Path) -> None:
    path = write(tmp_path, "noise\t外机很吵", "__oos__\ta joke")
    read = read_questions(path, ENTRIES)
    questions = read.questions
    assert questions == (LabelledQuestion("noise", "外机很吵"), LabelledQuestion("__oos__", "a joke"))
    assert [q.is_in_scope for q in questions] == [True, False]
    assert (read.file_name, read.file_sha256) == (path.name, hashlib.sha256(path.read_bytes()).hexdigest())


def test_unknown_labels_are_named_with_their_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "noise\tx", "", "nose\tleft out? no", "smells\ty", "nose\tz")
    with pytest.raises(ImportRefused) as error:
        read_questions(path, ENTRIES)
    assert error.value.problems == ("line 4: nose", "line 5: smells")
    assert "names entries that are not published in this knowledge base: line 4: nose; line 5: smells." in str(
        error.value
    )


def test_many_unknown_labels_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, *(f"e{number}\tx" for number in range(12)))
    with pytest.raises(ImportRefused, match="line 11: e9 and 2 more"):
        read_questions(path, ENTRIES)


@pytest.mark.parametrize(("lines", "words"), [((), "holds no row"), (("\tx",), "line 2: there is no label")])
def test_refusals(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        read_questions(write(tmp_path, *lines), ENTRIES)


def test_only_published_entries_are_known(knowledge_base: KnowledgeBase) -> None:
    Entry.objects.filter(external_id="noise").update(status=Entry.Status.ARCHIVED)
    known = known_entries(knowledge_base)
    assert {entry.external_id for entry in known.values() if entry.is_emergency} == {"gas-smell"}
    assert "noise" not in {entry.external_id for entry in known.values()}
    assert len(known) == 11


def test_topics_to_decline_are_no_label(knowledge_base: KnowledgeBase, tmp_path: Path) -> None:
    Entry.objects.filter(external_id="noise").update(is_out_of_scope=True)
    known = known_entries(knowledge_base)
    assert "noise" not in {entry.external_id for entry in known.values()}
    assert len(known) == 11
    with pytest.raises(ImportRefused, match="line 2: noise"):
        read_questions(write(tmp_path, "noise\t外机很吵"), known)
