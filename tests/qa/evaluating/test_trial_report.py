"""The page of a trial: needs nothing, escapes what customers wrote, names gains and losses."""

from pathlib import Path

import pytest

from qa.evaluating.trial_report import write_trial_report
from qa.evaluating.verdicts import Verdict
from qa.evaluating.weighing import weigh
from tests.qa.evaluating.test_report import Reader
from tests.qa.evaluating.test_weighing import RIGHT, SILENT, WRONG, hearing

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_page(tmp_path: Path, language: str) -> None:
    kinds = [("language", "zh", 20), ("form", "typo", 22), ("entry", "with", 20)]
    held = hearing([RIGHT] * 25 + [WRONG], [SILENT] * 6 + [RIGHT] * 20, slices=kinds)
    base = weigh(held)
    verdict = Verdict(False, "candidate", "live", base.reasons, base.notes, (base,))
    page = write_trial_report(tmp_path, verdict, [held], language=language).read_text("utf-8")
    reader = Reader(page)
    assert reader.fetched == []
    assert {"script", "link", "img", "iframe"}.isdisjoint(reader.tags)
    assert reader.tags.count("svg") == 3
    assert len(reader.ids) == len(set(reader.ids))
    assert [f"question {n}" in reader.words for n in (0, 5, 6, 25)] == [True, True, False, True]
    names = {
        "en": ("Language: Chinese", "with a typo", "entry: with"),
        "zh-hans": ("语言: 中文", "有错别字", "条目: with"),
    }
    words = {word.strip() for word in reader.words}
    assert set(names[language]) <= words


def test_page_of_a_trial_without_questions(tmp_path: Path) -> None:
    held = hearing([], [])
    base = weigh(held)
    verdict = Verdict(True, "candidate", "live", (), base.notes, (base,))
    page = write_trial_report(tmp_path, verdict, [held], language="en").read_text("utf-8")
    assert "there is no question to judge by" in page
    assert "<svg" not in page
