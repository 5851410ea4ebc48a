"""Micro-batches: order, size, one poison item, cancelled futures, and a close that drains."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait

import pytest

from qa.engine.batching import MAX_BATCH, MicroBatcher


class Gate:
    """A batch function that notes its batches and waits until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()

    def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        self.threads.add(threading.get_ident())
        self.entered.set()
        assert self.open.wait(10)
        if -1 in items:
            raise ValueError("poison")
        return [item * 2 for item in items]


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def batcher(gate: Gate) -> Iterator[MicroBatcher[int, int]]:
    batcher = MicroBatcher(gate, name="test")
    yield batcher
    gate.open.set()
    batcher.close()


@pytest.fixture
def queue_behind(gate: Gate, batcher: MicroBatcher[int, int]) -> Callable[[Sequence[int]], list["Future[int]"]]:
    """Queue items while the thread is busy with a first one, so that they meet in batches."""

    def queue_behind(items: Sequence[int]) -> list["Future[int]"]:
        batcher.submit(0)
        assert gate.entered.wait(10)
        return [batcher.submit(item) for item in items]

    return queue_behind


def test_one_item_waits_for_nobody(gate: Gate, batcher: MicroBatcher[int, int]) -> None:
    gate.open.set()
    assert batcher.submit(4).result(5) == 8
    assert gate.batches == [[4]]


@pytest.mark.parametrize(
    ("num_items", "sizes"),
    [(1, [1]), (15, [15]), (16, [16]), (17, [16, 1]), (40, [16, 16, 8])],
)
def test_queued_items_go_together_in_order(
    gate: Gate,
    queue_behind: Callable[[Sequence[int]], list["Future[int]"]],
    num_items: int,
    sizes: list[int],
) -> None:
    futures = queue_behind(range(1, num_items + 1))
    gate.open.set()
    assert [future.result(5) for future in futures] == [2 * n for n in range(1, num_items + 1)]
    assert [len(batch) for batch in gate.batches[1:]] == sizes
    assert max(sizes) <= MAX_BATCH
    assert [item for batch in gate.batches for item in batch] == list(range(num_items + 1))


def test_one_poison_item_fails_alone(
    gate: Gate, queue_behind: Callable[[Sequence[int]], list["Future[int]"]], caplog: pytest.LogCaptureFixture
) -> None:
    futures = queue_behind([1, -1, 3])
    gate.open.set()
    wait(futures, 5)
    assert [future.result(0) for future in (futures[0], futures[2])] == [2, 6]
    with pytest.raises(ValueError, match="poison"):
        futures[1].result(0)
    assert gate.batches[1:] == [[1, -1, 3], [1], [-1], [3]]
    assert "a batch of 3 failed" in caplog.text


def test_cancelled_item_is_not_run_and_takes_nobody_along(
    gate: Gate, queue_behind: Callable[[Sequence[int]], list["Future[int]"]]
) -> None:
    futures = queue_behind([1, 2, 3])
    assert futures[1].cancel()
    gate.open.set()
    assert (futures[0].result(5), futures[2].result(5)) == (2, 6)
    assert gate.batches[1:] == [[1, 3]]
    with pytest.raises(CancelledError):
        futures[1].result(0)


def test_batch_of_cancelled_items_is_not_run(
    gate: Gate, batcher: MicroBatcher[int, int], queue_behind: Callable[[Sequence[int]], list["Future[int]"]]
) -> None:
    assert all(future.cancel() for future in queue_behind([1, 2]))
    gate.open.set()
    assert batcher.call(lambda: "next").result(5) == "next"
    assert gate.batches == [[0]]


def test_call_keeps_its_place_on_the_same_thread(
    gate: Gate, batcher: MicroBatcher[int, int], queue_behind: Callable[[Sequence[int]], list["Future[int]"]]
) -> None:
    queue_behind([1, 2])
    called = batcher.call(lambda: (threading.get_ident(), [list(batch) for batch in gate.batches]))
    last = batcher.submit(3)
    gate.open.set()
    thread, batches_before = called.result(5)
    assert last.result(5) == 6
    assert gate.threads == {thread}
    assert batches_before == [[0], [1, 2]]
    assert gate.batches == [[0], [1, 2], [3]]


def test_call_that_fails_hands_its_error_over(gate: Gate, batcher: MicroBatcher[int, int]) -> None:
    gate.open.set()
    with pytest.raises(ZeroDivisionError):
        batcher.call(lambda: 1 // 0).result(5)
    assert batcher.submit(1).result(5) == 2


def test_cancelled_call_does_not_end_the_thread(gate: Gate, batcher: MicroBatcher[int, int]) -> None:
    batcher.submit(0)
    assert gate.entered.wait(10)
    assert batcher.call(lambda: None).cancel()
    gate.open.set()
    assert batcher.submit(1).result(5) == 2


@pytest.mark.parametrize("num_items", [0, 1, 15, 16, 17, 33])
def test_close_drains_what_is_queued(num_items: int) -> None:
    gate = Gate()
    batcher = MicroBatcher(gate, name="test")
    batcher.submit(0)
    assert gate.entered.wait(10)
    futures = [batcher.submit(item) for item in range(num_items)]
    threading.Timer(0.05, gate.open.set).start()
    batcher.close()
    assert [future.result(0) for future in futures] == [2 * n for n in range(num_items)]
