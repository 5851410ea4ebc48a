"""The report: one page that needs nothing, in both languages, with what customers wrote escaped."""

import html.parser
import json
from pathlib import Path

import pytest

from qa.evaluating.report import ReportUnwritable, percent, write_report
from tests.qa.evaluating.replies import make_evaluation

pytestmark = pytest.mark.unit


class Reader(html.parser.HTMLParser):
    """Collects what a page holds and would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in {"src", "href", "xlink:href"} and not (value or "").startswith("#"):
                self.fetched.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new" / "report"


def test_page_needs_nothing_from_elsewhere(folder: Path) -> None:
    page = write_report(folder, make_evaluation(), language="en").read_text(encoding="utf-8")
    reader = Reader(page)
    assert reader.fetched == []
    assert {"script", "link", "img", "iframe"}.isdisjoint(reader.tags)
    assert "@import" not in page
    assert reader.tags.count("svg") == 4
    assert len(reader.ids) == len(set(reader.ids))
    assert "prefers-color-scheme: dark" in page


def test_questions_are_quoted_and_escaped(folder: Path) -> None:
    page = write_report(folder, make_evaluation(), language="en").read_text(encoding="utf-8")
    assert "<b>humming" not in page
    reader = Reader(page)
    assert "b" not in reader.tags
    assert "<b>humming</b> & co" in reader.words
    assert "tell me a joke" in reader.words
    assert "天气" not in reader.words  # it was handed off, as it should be


def test_page_says_what_was_evaluated_and_what_was_found(folder: Path) -> None:
    words = " ".join(Reader(write_report(folder, make_evaluation(), language="en").read_text("utf-8")).words)
    for expected in ("small", "0123456789abcdef", "questions.tsv", "2026-01-02", "no jargon", "Answered wrong"):
        assert expected in words
    assert "These questions don't tell whether the promise of 90.0 % is kept: 60.0 % of the automatic" in words


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_page_names_its_language(folder: Path, language: str) -> None:
    page = write_report(folder, make_evaluation(), language=language).read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page


def test_page_without_ablations(folder: Path) -> None:
    evaluation = make_evaluation()
    alone = type(evaluation)(evaluation.subject, evaluation.figures, evaluation.details, (), evaluation.asked)
    reader = Reader(write_report(folder, alone, language="en").read_text(encoding="utf-8"))
    assert "ablations" not in reader.ids
    assert reader.tags.count("svg") == 3


def test_figures_lie_beside_the_page(folder: Path) -> None:
    evaluation = make_evaluation()
    write_report(folder, evaluation, language="en")
    assert json.loads((folder / "report.json").read_text("utf-8")) == json.loads(json.dumps(evaluation.to_json()))
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json"]


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("in the way")
    with pytest.raises(ReportUnwritable, match=r"The report can't be written to .*report: File exists"):
        write_report(tmp_path / "report", make_evaluation(), language="en")


def test_percent() -> None:
    assert [percent(share) for share in (None, 0.0, 0.12345, 1.0)] == ["–", "0.0", "12.3", "100.0"]
