"""Many threads at once on the database, each with connections of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")


def run_at_once(function: Callable[[int], Result], num_threads: int) -> Sequence[Result]:
    """Call a function with 0, 1, … in as many threads that start together; return the results in that order."""
    barrier = Barrier(num_threads)

    def run(number: int) -> Result:
        barrier.wait(10)
        try:
            return function(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(num_threads) as pool:
        return list(pool.map(run, range(num_threads)))
