"""De-identification: what names a person is replaced by typed placeholders. Pure: no Django.

Whatever leaves a conversation (review items, exports, phrasings made of them, training data) goes through
`deidentify()` before it is stored. Placeholders are the same in every language (`<phone>`, `<name>`, …);
`without_placeholders()` takes them out again where a text is learned from, so that no model ever learns one.
"""

from qa.privacy.deidentifying import Deidentified, deidentify, without_placeholders
from qa.privacy.spans import Kind, Span
from qa.privacy.templates import InvalidTemplate, NumberTemplate, parse_templates

__all__ = [
    "Deidentified",
    "InvalidTemplate",
    "Kind",
    "NumberTemplate",
    "Span",
    "deidentify",
    "parse_templates",
    "without_placeholders",
]
