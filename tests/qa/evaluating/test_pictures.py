"""Pictures are elements of the page: its colours, ids of their own, nothing from elsewhere."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from qa.evaluating.figures import measure
from qa.evaluating.pictures import ablation_picture, confidence_picture, reliability_picture, risk_coverage_picture
from tests.qa.evaluating.replies import make_asked, make_evaluation

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    evaluation = make_evaluation()
    return {
        "reliability": reliability_picture(evaluation.details.reliability),
        "risk-coverage": risk_coverage_picture(evaluation.details.risk_coverage, evaluation.figures.promise),
        "confidence": confidence_picture(evaluation.asked.outcomes),
        "ablations": ablation_picture(evaluation.ablations),
    }


def parse(svg: str) -> ElementTree.Element:
    # HTML knows this prefix by itself.
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1))


def words(svg: str) -> set[str | None]:
    return {element.text for element in parse(svg).iter("text")}


def test_pictures_take_the_pages_colours(pictures: dict[str, str]) -> None:
    for name, svg in pictures.items():
        assert re.findall(r"#[0-9a-fA-F]{6}\b", svg) == [], name
        assert "var(--muted)" in svg, name


def test_pictures_ask_for_nothing_from_elsewhere(pictures: dict[str, str]) -> None:
    for svg in pictures.values():
        assert "<style" not in svg
        assert "<script" not in svg
        assert "http" not in svg
        assert svg.startswith("<svg viewBox=")


def test_ids_differ_between_pictures_and_references_fit(pictures: dict[str, str]) -> None:
    seen: set[str] = set()
    for name, svg in pictures.items():
        ids = [element.get("id") for element in parse(svg).iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert all(i.startswith(f"{name}-") for i in ids if i)
        assert set(re.findall(r'(?:url\(|href=")#([^)"]+)', svg)) <= set(ids)
        assert seen.isdisjoint(ids)
        seen.update(i for i in ids if i)


def test_words_in_pictures_are_text(pictures: dict[str, str]) -> None:
    assert {"share right", "stated P(correct)", "questions"} <= words(pictures["reliability"])
    assert {"promise", "as decided today"} <= words(pictures["risk-coverage"])
    assert {"right", "wrong", "out of scope"} <= words(pictures["confidence"])
    assert {"no jargon", "top-1", "joint"} <= words(pictures["ablations"])


def test_pictures_are_reproducible(pictures: dict[str, str]) -> None:
    assert reliability_picture(make_evaluation().details.reliability) == pictures["reliability"]


def test_picture_of_a_system_that_answers_nothing() -> None:
    promise = measure(make_asked(shift=-0.9), target=0.9).promise
    assert "as decided today" not in risk_coverage_picture([], promise)


def test_pictures_need_matplotlib_only_when_drawn() -> None:
    code = "import sys, qa.evaluating.pictures; sys.exit('matplotlib' in sys.modules)"
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup();"
    subprocess.run([sys.executable, "-c", setup + code], check=True)
