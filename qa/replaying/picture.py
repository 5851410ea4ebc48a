"""The curve of an experiment, as a PNG for a page that may be light or dark: it brings its own white."""

from pathlib import Path
from typing import Any

from qa.replaying.figures import Summary
from qa.replaying.running import Arm

_LINES = {
    Arm.LOOP: ("what the loop asked for", "#0b6e4f", "o", "-"),
    Arm.RANDOM: ("as many by chance", "#b45309", "s", "--"),
    Arm.NONE: ("nothing labelled", "#6b7280", "", ":"),
}
"""Words, colour, marker and line of each arm: told apart without colour too."""


def draw_curve(path: Path, summary: Summary, *, title: str) -> None:
    """Draw joint accuracy over weeks, with intervals over seeds."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {"font.size": 11, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True}
    with rc_context({**style, "grid.color": "#e5e7eb"}):
        figure = Figure(figsize=(6.4, 4.0), dpi=110, layout="constrained", facecolor="white")
        axes = figure.subplots()
        for arm, (words, colour, marker, line) in _LINES.items():
            curve = summary.curves[arm]
            weeks, values = range(len(curve)), [100 * mean.value for mean in curve]
            axes.plot(weeks, values, color=colour, marker=marker, linestyle=line, linewidth=2, label=words)
            lows = [100 * (m.value if m.low is None else m.low) for m in curve]
            highs = [100 * (m.value if m.high is None else m.high) for m in curve]
            axes.fill_between(weeks, lows, highs, color=colour, alpha=0.15, linewidth=0)
        ticks = [f"{week}\n{num:.0f}" for week, num in enumerate(summary.num_reviewed)]
        axes.set_xticks(range(len(ticks)), ticks)
        axes.set(xlabel="week, and labels so far", ylabel="joint accuracy, %", title=title)
        figure.legend(frameon=False, loc="outside lower center", ncols=3, fontsize=9.5)
        figure.savefig(path, format="png", metadata={"Software": None})
