"""Database work of asynchronous code, off the event loop and off Django's one sensitive thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import connection

P = ParamSpec("P")
R = TypeVar("R")

NUM_POSTGRESQL_THREADS = 8


@lru_cache(maxsize=1)
def _executor() -> ThreadPoolExecutor:
    # SQLite has one writer: threads that fight for its lock sleep up to 100 ms at a time, a queue
    # before one thread does not.
    num_threads = 1 if connection.vendor == "sqlite" else NUM_POSTGRESQL_THREADS
    return ThreadPoolExecutor(num_threads, thread_name_prefix="database")


async def in_database_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that reads or writes rows on the database threads."""
    runner = database_sync_to_async(partial(function, *args, **kwargs), thread_sensitive=False, executor=_executor())
    result: R = await runner()
    return result


async def in_database_thread_if(
    is_wanted: Callable[[], bool], function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R | None:
    """Run a function as `in_database_thread` does, unless it is no longer wanted when its turn comes.

    Args:
        is_wanted: Asked on the database thread, just before.

    Returns:
        What the function returns; None when it was not run.
    """

    def run() -> R | None:
        return function(*args, **kwargs) if is_wanted() else None

    return await in_database_thread(run)
