"""The acceptance report on disk: a page for people, and the signed JSON beside it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from nlp.evaluation import Share
from qa.evaluating.acceptance import Acceptance, Example, Measure
from qa.evaluating.report import JSON_FILE, NOTHING, PAGE, ReportUnwritable, percent, slice_groups
from qa.evaluating.signing import signed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Row:
    """One measure on the page: what it is, its figures, and what the claim comes to by it."""

    name: str
    value: str
    counted: str
    interval: str
    words: str
    kind: str


def write_acceptance(folder: Path, acceptance: Acceptance, *, key: "Ed25519PrivateKey | None", language: str) -> Path:
    """Write the page and the JSON, which names the page's SHA-256 and is signed where there is a key.

    Args:
        folder: Is made when it is missing. Both files quote questions.
        acceptance: What was found.
        key: Of whoever vouches for it; None leaves it unsigned, and the page says so.
        language: Of the page: `zh-hans` or `en`.

    Returns:
        Path of the JSON.

    Raises:
        ReportUnwritable: In words.
    """
    with translation.override(language):
        page = render_to_string("qa/evaluation/acceptance.html", _context(acceptance, key is not None, language))
    document = {**acceptance.to_json(), "page_sha256": hashlib.sha256(page.encode()).hexdigest()}
    document = json.loads(json.dumps(document))  # tuples become lists: what is signed is what will be read
    if key is not None:
        document = signed(document, key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PAGE).write_bytes(page.encode())
        (folder / JSON_FILE).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportUnwritable(
            f"The report can't be written to {folder}: {error.strerror}. Name a folder that may be written to."
        ) from error
    return folder / JSON_FILE


def _context(acceptance: Acceptance, is_signed: bool, language: str) -> dict[str, object]:
    headline = acceptance.measures[0]
    return {
        "language": language,
        "acceptance": acceptance,
        "is_signed": is_signed,
        "claim": percent(acceptance.claim),
        "headline": _words(headline, acceptance.claim),
        "headline_kind": _KINDS[headline.state],
        "measures": _rows(acceptance.measures, acceptance.claim),
        "unseen": _rows(acceptance.unseen, acceptance.claim),
        "num_overlap": len(acceptance.overlap.rows),
        "cosine": f"{acceptance.overlap.cosine:.2f}",
        "declined": [
            (_("In scope, asked back"), acceptance.declined["in_scope_asked_back"]),
            (_("In scope, handed off"), acceptance.declined["in_scope_handed_off"]),
            (_("Out of scope, not answered"), acceptance.declined["out_of_scope_not_answered"]),
        ],
        "slice_groups": list(slice_groups(acceptance.details.slices)),
        "examples": [
            ("rights", _("Right, drawn at random"), _examples(acceptance.rights)),
            ("wrongs", _("Wrong, drawn at random"), _examples(acceptance.wrongs)),
        ],
        "hashes": _hashes(acceptance),
    }


_KINDS = {"shown": "kept", "refuted": "broken", "open": "open"}


def _rows(measures: Sequence[Measure], claim: float) -> list[Row]:
    names = {
        "decided": _("All questions: answered with the right entry, or, out of scope, not answered"),
        "answers": _("Automatic answers that were right"),
        "top1": _("In-scope questions whose right entry came first"),
        "declined": _("Out-of-scope questions that were not answered"),
    }
    return [
        Row(
            names[one.name],
            percent(one.share.value),
            f"{one.share.num}/{one.share.of}",
            NOTHING if one.share.value is None else _interval(one.share),
            _words(one, claim),
            _KINDS[one.state],
        )
        for one in measures
    ]


def _words(measure: Measure, claim: float) -> str:
    if measure.share.value is None:
        return _("Nothing to count.")
    numbers = {
        "claim": percent(claim),
        "value": percent(measure.share.value),
        "interval": _interval(measure.share),
        "of": measure.share.of,
        "needed": measure.needed,
    }
    states = {
        "shown": _("At least %(claim)s %% is shown: %(value)s %% of %(of)d, 95 %% interval %(interval)s."),
        "refuted": _("At least %(claim)s %% is refuted: %(value)s %% of %(of)d, 95 %% interval %(interval)s."),
        "open": _(
            "%(of)d questions don't tell whether it is at least %(claim)s %%: %(value)s %%, 95 %% interval "
            "%(interval)s."
        ),
    }
    needed = (
        _("No number of questions in reach would settle it at this share.")
        if measure.needed is None
        else _("At this share, %(needed)d questions settle it.")
    )
    return f"{states[measure.state] % numbers} {needed % numbers}"


def _interval(share: Share) -> str:
    return f"{percent(share.low)}–{percent(share.high)}"


def _examples(examples: Sequence[Example]) -> list[tuple[Example, str, str]]:
    done = {"answered": _("answered"), "asked back": _("asked back"), "handed off": _("handed off")}
    return [(example, done[example.done], percent(example.probability)) for example in examples]


def _hashes(acceptance: Acceptance) -> list[tuple[str, str]]:
    def flat(prefix: str, value: object) -> list[tuple[str, str]]:
        if not isinstance(value, dict):
            return [(prefix, NOTHING if value is None else str(value))]
        return [row for name, one in value.items() for row in flat(f"{prefix}.{name}" if prefix else name, one)]

    return [("questions.sha256", acceptance.file_sha256), *flat("", acceptance.hashes)]
