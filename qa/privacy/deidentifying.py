"""Personal items found in a text and replaced, the surest kinds first."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa.privacy.addresses import find_addresses
from qa.privacy.codes import find_accounts, find_emails, find_plates
from qa.privacy.folding import HIDDEN, INVISIBLE, fold
from qa.privacy.names import find_names
from qa.privacy.numbers import find_numbers
from qa.privacy.spans import Kind, Span
from qa.privacy.templates import NumberTemplate

Finder = Callable[[str], Iterator[Span]]
_FINDERS: tuple[Finder, ...] = (find_emails, find_numbers, find_accounts, find_plates, find_addresses, find_names)
_PLACEHOLDER = re.compile(" ?<(?:" + "|".join(kind.value for kind in Kind) + ")>")
_LEFT_ALONE = re.compile(r" ([,.;:!?，。；：！？、])")


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A text without what names a person, and what that was.

    Attributes:
        text: With placeholders.
        spans: Where the items stood in the text that was given, less its invisible characters; in order.
    """

    text: str
    spans: tuple[Span, ...]


def deidentify(text: str, templates: Sequence[NumberTemplate] = ()) -> Deidentified:
    """Replace whatever names a person by typed placeholders.

    Args:
        text: What somebody wrote.
        templates: The company's own number formats (`parse_templates`).
    """
    text = INVISIBLE.sub("", text)
    folded = fold(text)
    found: list[Span] = []
    # A kind at a time: what a surer one took is hidden from the next, so that spans never overlap.
    for find in (lambda folded: _find_templates(folded, templates), *_FINDERS):
        for span in sorted(find(folded), key=lambda span: (span.start, -span.end)):
            if HIDDEN not in folded[span.start : span.end]:
                found.append(span)
                folded = folded[: span.start] + HIDDEN * (span.end - span.start) + folded[span.end :]
    spans = tuple(_joined(sorted(found, key=lambda span: span.start)))
    return Deidentified(_replace(text, spans), spans)


def without_placeholders(text: str) -> str:
    """Return a de-identified text as models learn it: without the placeholders."""
    return _LEFT_ALONE.sub(r"\1", " ".join(_PLACEHOLDER.sub(" ", text).split()))


def _find_templates(folded: str, templates: Sequence[NumberTemplate]) -> Iterator[Span]:
    for template in templates:
        for match in template.pattern.finditer(folded):
            yield Span(match.start(), match.end(), Kind.ORDER)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Make one span of those of one kind that touch, as the halves of an address do."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].kind is span.kind and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end, span.kind)
        else:
            joined.append(span)
    return joined


def _replace(text: str, spans: Sequence[Span]) -> str:
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span.start], span.kind.placeholder]
        end = span.end
    return "".join([*parts, text[end:]])
