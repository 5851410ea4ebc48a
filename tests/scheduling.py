"""How pytest-xdist shares the tests out: a file to a worker, long files first, what needs the machine alone at the end.

`pytest -n 2 --dist loadfile` uses it. pytest-xdist's own groups (`xdist_group`) say nothing under pytest 9.2.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.workermanage import WorkerController

ALONE = (
    "tests/browser/widget/test_embedding.py::test_host_page_is_never_kept_for_long",
    "tests/qa/engine/test_serving.py",
    "tests/qa/services/test_judging.py::test_doubled_latency",
    "tests/integration/test_hot_reload.py::test_what_cannot_be_loaded_is_said_and_a_rollback_is_there_in_two_seconds",
    "tests/integration/test_site.py::test_edits_in_the_admin_answer_within_a_second",
    "tests/integration/test_site.py::test_hundred_customers_at_once_are_answered_in_order",
    "tests/integration/test_two_processes.py",
    "tests/retrieval/test_classes.py::test_5000_entries_of_one_phrasing_are_fitted_in_the_time_of_80_products_and_400_mb",
)
"""What measures time by the clock, or waits for what must be there within a second: files, and tests of files."""
LONG = ("tests/qa/services/test_training.py",)
"""Files that take longest, longest first: one that is begun late is all that runs at the end."""


def in_order(items: Iterable["pytest.Item"], root: Path) -> list["pytest.Item"]:
    """Put the long files first; the others, and the tests of a file, stay in their order."""
    places = {root / name: place for place, name in enumerate(LONG)}
    return sorted(items, key=lambda item: places.get(item.path, len(places)))


class AloneLast(LoadFileScheduling):
    """Gives workers one file after the other, and what must be alone to the one that is left when all have ended.

    Args:
        alone: Files, and tests of files without their parameters.
    """

    GROUP = "alone"

    def __init__(self, config: "pytest.Config", log: object = None, *, alone: Sequence[str] = ALONE) -> None:
        config.option.loadscopereorder = False  # the order is `in_order`'s
        super().__init__(config, log)
        self._alone = frozenset(alone)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return self.GROUP if self._alone & {file, nodeid.split("[", 1)[0]} else file

    def _assign_work_unit(self, node: "WorkerController") -> None:
        if self.GROUP in self.workqueue:
            self.workqueue.move_to_end(self.GROUP)
        if list(self.workqueue) == [self.GROUP] and len(self.nodes) > 1:
            if node is not self.nodes[0]:
                node.shutdown()
            return
        super()._assign_work_unit(node)

    def remove_node(self, node: "WorkerController") -> str | None:
        """Note that a worker has ended; the last one that is left may begin what must be alone."""
        crashed = super().remove_node(node)
        if self.workqueue:
            for left in self.nodes:
                self._reschedule(left)
        return crashed
