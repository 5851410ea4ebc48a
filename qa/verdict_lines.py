"""A judge's verdict in a terminal: the reasons first, then the figures; exit 1 where something became worse."""

import json
from typing import TYPE_CHECKING, Protocol

from django.core.management.base import CommandError
from django.utils import translation

if TYPE_CHECKING:
    from qa.evaluating.verdicts import BaseVerdict, Verdict


class Output(Protocol):
    """What lines are written to."""

    def write(self, text: str, /) -> object:
        """Write a line."""


def print_verdict(verdict: "Verdict", output: Output, *, as_json: bool) -> None:
    """Print a verdict.

    Raises:
        CommandError: The verdict is no blessing; the command exits with 1.
    """
    from qa.evaluating.verdicts import describe  # numpy and more: `manage.py help` stays fast

    with translation.override("en"):
        reasons, notes = map(describe, verdict.reasons), [describe(note) for note in verdict.notes]
        if as_json:
            output.write(json.dumps(verdict.to_json(), indent=2, ensure_ascii=False))
        else:
            for base in verdict.bases:
                output.write(_figures(base))
            if verdict.latency_ratio is not None:
                output.write(f"An answer takes {verdict.latency_ratio:.2f} times as long as the live model's.")
            for note in notes:
                output.write(f"Note: {note}")
            if verdict.page:
                output.write(f"Report: {verdict.page}")
        if not verdict.is_blessed:
            raise CommandError(
                "\n".join([f"Rejected (trial {verdict.trial}):", *(f"- {reason}" for reason in reasons)])
            )
    if not as_json:
        output.write(f"Blessed (trial {verdict.trial}).")


def _figures(base: "BaseVerdict") -> str:
    if base.overall is None:
        return f"{base.knowledge_base}: no questions."
    one = base.overall
    return (
        f"{base.knowledge_base}: {one.num} questions; decided right {100 * one.live_right:.1f} → "
        f"{100 * one.candidate_right:.1f} % (lost {one.lost}, gained {one.gained}, p = {one.p:.4f})"
    )
