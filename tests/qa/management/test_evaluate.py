"""`manage.py evaluate`: what is printed and written, and what a refusal looks like."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from qa.models import KnowledgeBase, Release

pytestmark = pytest.mark.django_db

ROWS = (
    ("noise", "外机半夜嗡嗡响个不停"),
    ("water-leak", "my indoor unit keeps dripping"),
    ("code-e4", "屏幕显示E4"),
    ("wifi", "app 连不上 wifi"),
    ("__oos__", "who won the match yesterday"),
    ("__oos__", "附近有什么好吃的"),
)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.tsv"
    path.write_text("label\ttext\n" + "".join(f"{label}\t{text}\n" for label, text in ROWS), encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("evaluate", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_table_and_report(live_release: Release, questions: Path, tmp_path: Path) -> None:
    out, err = run("--questions", questions, "--report", tmp_path / "report", "--language", "en")
    lines = out.splitlines()
    assert lines[0].startswith(f"Release {live_release.number} on 6 questions (2 out of scope) of small;")
    assert lines[1].startswith("top-1 100.0 (51.0–100.0)")
    systems = [line.split("  ")[0] for line in lines[lines.index("") :]]
    assert [name for name in systems if name.startswith(("full", "no "))] == [
        "full system",
        "no jargon",
        "no textual evidence",
        "no class scores",
        "no declining evidence",
    ]
    assert lines[-1] == f"Report: {tmp_path / 'report' / 'report.html'}"
    assert "full system: asking: 100%" in err
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "questions.tsv</code>" in page
    assert not any(text in out + err for _label, text in ROWS)


def test_json_is_all_that_is_printed(live_release: Release, questions: Path) -> None:
    out, _err = run("--questions", questions, "--json", "--no-ablations", "--promise", "0.9")
    figures = json.loads(out)
    assert figures["subject"]["release"] == live_release.number
    assert (figures["n"], figures["n_oos"], figures["top1"]) == (6, 2, 1.0)
    assert (figures["promise"]["target"], figures["ablations"]) == (0.9, [])
    assert not any(text in out for _label, text in ROWS)


def test_unknown_label_is_named_with_its_line(live_release: Release, questions: Path) -> None:
    questions.write_text(questions.read_text(encoding="utf-8") + "nosie\tloud\n", encoding="utf-8")
    with pytest.raises(CommandError, match="not published in this knowledge base: line 8: nosie"):
        run("--questions", questions, "--no-ablations")


def test_unreadable_questions_are_refused_before_a_model_is_loaded(
    knowledge_base: KnowledgeBase, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        run("--questions", tmp_path / "none.tsv")


def test_no_live_model(knowledge_base: KnowledgeBase, questions: Path) -> None:
    with pytest.raises(CommandError, match=r"No model is live.*manage\.py prepare_model"):
        run("--questions", questions)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--promise", "1"), "--promise 1.0 is no share; expected 0.5 up to below 1."),
        (("--knowledge-base", "z"), "There is no knowledge base 'z'; give --knowledge-base one of small."),
    ],
)
def test_refusals(knowledge_base: KnowledgeBase, questions: Path, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError) as error:
        run("--questions", questions, *arguments)
    assert str(error.value) == words


def test_no_knowledge_base(questions: Path) -> None:
    with pytest.raises(CommandError, match="There is no knowledge base yet"):
        run("--questions", questions)


@pytest.mark.parametrize(("content", "words"), [("label\ttext\n", "holds no row"), ("", "expected the header")])
def test_questions_that_can_not_be_read(live_release: Release, tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "empty.tsv"
    path.write_text(content)
    with pytest.raises(CommandError, match=words):
        run("--questions", path)
