"""How long a script keeps a page's main thread, by Chromium's own trace."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CATEGORIES = ["devtools.timeline", "v8.execute", "disabled-by-default-devtools.timeline"]
RUNS_SCRIPT = {"EvaluateScript", "FunctionCall", "v8.evaluateModule", "v8.compile", "v8.compileModule"}


@dataclass
class Traced:
    """What a trace says of one script; filled when the trace ends. CPU time of the thread, in milliseconds."""

    pieces_ms: list[float] = field(default_factory=list)

    @property
    def longest_ms(self) -> float:
        """The longest piece that ran at a stretch."""
        return max(self.pieces_ms, default=0.0)

    @property
    def total_ms(self) -> float:
        """All pieces together."""
        return sum(self.pieces_ms)


@contextmanager
def traced(browser: "Browser", page: "Page", script: str) -> Iterator[Traced]:
    """Trace a page; afterwards the result holds the pieces of the script whose address contains `script`."""
    result = Traced()
    browser.start_tracing(page=page, categories=CATEGORIES)
    yield result
    for event in json.loads(browser.stop_tracing())["traceEvents"]:
        said = event.get("args", {})
        said = {**said, **said.get("data", {})} if isinstance(said.get("data", {}), dict) else said
        address = str(said.get("url") or said.get("fileName") or "")
        if event.get("name") in RUNS_SCRIPT and script in address:
            # `tdur` is the thread's CPU time: other processes on this machine don't count.
            result.pieces_ms.append(float(event.get("tdur", event.get("dur", 0))) / 1000)
