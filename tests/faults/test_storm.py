"""A bad network and a server that is killed: nothing is lost, doubled or out of order; and the checker sees a loss."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.history import History, Said, complaints
from tests.faults.storm import weather
from tests.servers import Site, copy_installation

TURNS = [Said(1, "customer", "a"), Said(2, "bot", "A"), Said(3, "customer", "b"), Said(4, "bot", "B")]


def history() -> History:
    return History("one", ["a", "b"], {"a": 1, "b": 3}, list(TURNS), list(TURNS))


def test_a_good_history_has_no_complaints() -> None:
    assert complaints(history()) == []


def lose(found: History) -> None:
    found.stored = [Said(1, "customer", "a"), Said(2, "bot", "A")]
    found.seen = list(found.stored)


def double(found: History) -> None:
    found.stored = [*TURNS[:3], Said(4, "customer", "b"), Said(5, "bot", "B")]
    found.seen = list(found.stored)


def swap(found: History) -> None:
    found.sent.reverse()


def skip(found: History) -> None:
    del found.seen[1]


def leave_a_gap(found: History) -> None:
    found.stored = [*TURNS[:3], replace(TURNS[3], seq=5)]
    found.seen = list(found.stored)


def leave_unanswered(found: History) -> None:
    found.stored = found.seen = TURNS[:3]


def take_in_twice(found: History) -> None:
    found.seen.insert(1, TURNS[0])


@pytest.mark.parametrize(
    ("plant", "complaint"),
    [
        (lose, "one: message lost: b"),
        (double, "one: message doubled: b"),
        (swap, "one: messages out of order"),
        (skip, "one: the customer saw 3 of 4 turns; not [2]"),
        (leave_a_gap, "one: the numbers of the turns are not 1 to 4: [1, 2, 3, 5] …"),
        (leave_unanswered, "one: the last message has no reply"),
        (take_in_twice, "one: turns were taken in out of order or twice"),
    ],
)
def test_the_checker_sees_what_was_planted(plant: Callable[[History], None], complaint: str) -> None:
    found = history()
    plant(found)
    assert complaint in complaints(found)


async def test_a_small_storm_loses_nothing(site_var: Path, tmp_path: Path) -> None:
    copy = copy_installation(site_var, tmp_path / "copy")
    with Site(copy, extra={"MESSAGES_PER_MINUTE": "100000"}) as site:
        histories = await weather(site, num_clients=6, num_messages=15, num_restarts=1, seed=1)
    assert [line for found in histories for line in complaints(found)] == []
    assert sum(len(found.acknowledged) for found in histories) == 6 * 15
