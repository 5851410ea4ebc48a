"""A company's own number formats: what they match, and which are refused."""

import pytest

from qa.privacy import InvalidTemplate, parse_templates


def matches(template: str, text: str) -> bool:
    (parsed,) = parse_templates(template)
    return parsed.pattern.search(text) is not None


@pytest.mark.parametrize(
    ("text", "is_matched"),
    [
        ("HJ2025-AB7", True),
        ("hj2025ab7", True),
        ("HJ2025 AB7", True),
        ("单号HJ2025-AB7的", True),
        ("HJ202-AB7", False),
        ("HJ2025-A77", False),
        ("XHJ2025-AB7", False),
        ("HJ2025-AB78", False),
    ],
)
def test_template_matches_its_form_only(text: str, is_matched: bool) -> None:
    assert matches("HJ####-@@?", text) is is_matched


def test_signs_of_regular_expressions_stand_for_themselves() -> None:
    assert matches("(####).*#", "(1234).*5")
    assert not matches("(####).*#", "1234xx5")


def test_a_template_a_line() -> None:
    assert [template.text for template in parse_templates(" HJ##### \n\n#####-@@@@@\n")] == ["HJ#####", "#####-@@@@@"]
    assert parse_templates("") == ()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("HJ####", "too_general"),
        ("@@@@@@", "no_digit"),
        ("#" * 41, "too_long"),
        ("\n".join(["#####"] * 21), "too_many"),
    ],
)
def test_a_template_that_would_hit_codes_is_refused(lines: str, code: str) -> None:
    with pytest.raises(InvalidTemplate) as caught:
        parse_templates(lines)
    assert caught.value.code == code
