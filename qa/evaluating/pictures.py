"""Pictures of the report: SVG that lies inside the page and takes its colours, so that both themes are readable.

Words in pictures are English and ASCII: matplotlib measures text with a font that has no Chinese. What a picture
shows is said beside it in the page's language.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp.evaluation import CurvePoint, Difference, Outcomes, ReliabilityBin
from qa.evaluating.figures import AblationRow, Promise

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 4.6, 3.5
"""Of a picture, in inches of 72 units: as wide as a phone, so that its text is readable there."""
NUM_COLUMNS = 20
"""Columns of the histogram."""

TEXT, MUTED, LINE, ACCENT, GOOD, BAD = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {TEXT: "text", MUTED: "muted", LINE: "line", ACCENT: "accent", GOOD: "good", BAD: "bad"}
_STYLE: dict[Any, Any] = {  # its keys are a closed type of matplotlib's own
    "svg.fonttype": "none",  # text stays text: to be selected, searched and read aloud
    "font.family": ["sans-serif"],
    "font.size": 10.5,
    "text.color": TEXT,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "figure.facecolor": "none",
    "legend.frameon": False,
    "legend.labelcolor": TEXT,
    "lines.linewidth": 1.8,
}
_TIGHT: dict[str, Any] = {"columnspacing": 1.2, "handlelength": 1.4, "handletextpad": 0.5}
"""Legends that stand above their axes, in a line."""


def reliability_picture(bins: Sequence[ReliabilityBin]) -> str:
    """Draw stated against found shares, with Wilson intervals, and how many questions each bin holds."""
    with _figure("reliability", rows=2, heights=(3, 1)) as (figure, save):
        top, bottom = figure.axes
        top.plot([0, 1], [0, 1], color=MUTED, linestyle=(0, (4, 3)), linewidth=1)
        found = np.array([b.found.value for b in bins], np.float64)
        ends = np.array([(b.found.low, b.found.high) for b in bins], np.float64).reshape(-1, 2).T
        stated = [b.stated for b in bins]
        top.errorbar(stated, found, np.abs(ends - found), color=ACCENT, marker="o", markersize=4.5, elinewidth=1)
        top.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="share right")
        top.tick_params(labelbottom=False)
        bottom.bar([b.low for b in bins], [b.found.of for b in bins], 0.094, align="edge", color=ACCENT)
        for b in bins:
            middle = (b.low + b.high) / 2
            bottom.text(middle, b.found.of, str(b.found.of), ha="center", va="bottom", color=MUTED, fontsize=8.5)
        bottom.set(xlim=(0, 1), xlabel="stated P(correct)", ylabel="questions")
        bottom.margins(y=0.35)
        return save()


def risk_coverage_picture(points: Sequence[CurvePoint], promise: Promise) -> str:
    """Draw the share of answers that are right over the share of questions answered; the promise and today's place."""
    with _figure("risk-coverage") as (figure, save):
        (axes,) = figure.axes
        coverage, right = [p.coverage for p in points], [p.right for p in points]
        axes.plot(coverage, right, color=ACCENT, label="any threshold")
        axes.axhline(promise.target, color=GOOD, linestyle=(0, (4, 3)), linewidth=1.2, label="promise")
        lowest = min([promise.target, *right])
        if promise.coverage is not None and promise.right.value is not None:
            axes.errorbar(
                [promise.coverage],
                [promise.right.value],
                [[promise.right.value - promise.right.low], [promise.right.high - promise.right.value]],
                color=BAD,
                marker="o",
                markersize=5,
                elinewidth=1.2,
                label="as decided today",
                linestyle="none",
            )
            lowest = min(lowest, promise.right.low)
        axes.set(xlim=(0, 1.02), ylim=(max(0.0, lowest - 0.03), 1.01))
        axes.set(xlabel="share of in-scope questions answered", ylabel="share of answers right")
        axes.legend(loc="lower left")
        return save()


def confidence_picture(outcomes: Outcomes) -> str:
    """Draw how P(correct) is distributed over right, wrong and out-of-scope questions, and the threshold."""
    from matplotlib.ticker import MaxNLocator

    with _figure("confidence", rows=2) as (figure, save):
        top, bottom = figure.axes
        edges = [column / NUM_COLUMNS for column in range(NUM_COLUMNS + 1)]
        inside, right = outcomes.in_scope, outcomes.right
        groups = [outcomes.probability[inside & right], outcomes.probability[inside & ~right]]
        top.hist(groups, edges, stacked=True, color=[ACCENT, BAD], label=["right", "wrong"])
        bottom.hist(outcomes.probability[~inside], edges, color=MUTED, label="out of scope")
        for axes in (top, bottom):
            axes.axvline(outcomes.threshold, color=GOOD, linestyle=(0, (4, 3)), linewidth=1.2, label="answers from")
            axes.set(xlim=(0, 1), ylabel="questions")
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.94), ncols=3, fontsize=8.5, **_TIGHT)
        top.tick_params(labelbottom=False)
        bottom.set(xlabel="P(correct) of the first entry")
        return save()


def ablation_picture(rows: Sequence[AblationRow]) -> str:
    """Draw what taking each part out changes, with 95 % intervals, in percentage points."""
    changed = [row for row in rows if row.top1_change is not None]
    measures: tuple[tuple[str, str, Callable[[AblationRow], Difference | None]], ...] = (
        ("top-1", ACCENT, lambda row: row.top1_change),
        ("AUROC", MUTED, lambda row: row.auroc_change),
        ("joint", GOOD, lambda row: row.joint_change),
    )
    with _figure("ablations", height=1.3 + 0.62 * len(changed)) as (figure, save):
        (axes,) = figure.axes
        for place, (label, colour, change) in enumerate(measures):
            found = [(row, c) for row, c in enumerate(map(change, changed)) if c is not None]
            middle = [row + (place - 1) * 0.26 for row, _ in found]
            values = np.array([100 * c.value for _, c in found])
            ends = np.array([(100 * c.low, 100 * c.high) for _, c in found]).reshape(-1, 2).T
            axes.barh(middle, values, 0.22, color=colour, label=label)
            axes.errorbar(values, middle, xerr=np.abs(ends - values), color=TEXT, elinewidth=0.9, linestyle="none")
        axes.axvline(0, color=TEXT, linewidth=0.8)
        axes.set_yticks(range(len(changed)), [row.name.replace(" evidence", "\nevidence") for row in changed])
        axes.tick_params(axis="y", labelcolor=TEXT, length=0)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="points of change without it")
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, 1.0 + 0.32 / (0.4 + 0.62 * len(changed))), ncols=3)
        return save()


@contextmanager
def _figure(
    name: str, *, rows: int = 1, heights: Sequence[float] | None = None, height: float = HEIGHT
) -> "Iterator[tuple[Figure, Callable[[], str]]]":
    """Give a figure with `rows` axes one above the other, and what turns it into an SVG element."""
    from matplotlib import rc_context  # half a second to import, and only for reports
    from matplotlib.figure import Figure

    # Without pyplot there is no window system to choose and nothing global to close.
    with rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        figure.subplots(rows, 1, height_ratios=heights)
        yield figure, lambda: _svg(figure, name)


def _svg(figure: "Figure", name: str) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _embedded(file.getvalue(), name)


def _embedded(svg: str, name: str) -> str:
    """Make an SVG file an element of a page: ids of its own, the page's colours, as wide as there is room."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<defs>\s*<style.*?</defs>", "", svg, count=1, flags=re.DOTALL)  # would style the whole page
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg, count=1)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(r"font-family: [^;\"]*;? ?", "", svg)
