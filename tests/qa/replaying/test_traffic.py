"""Drawing traffic: nothing is asked that is known or measured on, and what nobody knows is out of scope."""

from collections import Counter

import pytest

from qa.benchmarking.files import OUT_OF_SCOPE, LabelledText
from qa.exceptions import ImportRefused
from qa.replaying.traffic import draw_traffic

KB = [LabelledText(label, f"{label} phrasing {n}") for label in ("leak", "noise", "filter") for n in range(10)]
TEST = [LabelledText("leak", "leak test"), *(LabelledText(OUT_OF_SCOPE, f"strange {n}") for n in range(6))]


def test_some_of_each_entry_is_known_and_the_rest_is_asked_once() -> None:
    traffic = draw_traffic(KB, TEST, (), per_entry=4, num_lots=3, seed=0)
    assert Counter(row.label for row in traffic.known) == {"leak": 4, "noise": 4, "filter": 4}
    asked = [row for lot in traffic.lots for row in lot]
    assert [len(lot) for lot in traffic.lots] == [6, 6, 6]
    assert sorted(row.text for row in (*traffic.known, *asked)) == sorted(row.text for row in KB)
    assert traffic.test == tuple(TEST)
    assert traffic.num_test_out_of_scope == 6


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    one, same, other = (draw_traffic(KB, TEST, (), per_entry=4, num_lots=3, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.known != other.known


def test_without_a_stream_half_of_what_must_be_declined_is_asked_and_not_measured() -> None:
    traffic = draw_traffic(KB, TEST, None, per_entry=4, num_lots=3, seed=0)
    asked = {row.text for lot in traffic.lots for row in lot if row.label == OUT_OF_SCOPE}
    measured = {row.text for row in traffic.test if row.label == OUT_OF_SCOPE}
    assert (len(asked), len(measured), asked & measured) == (3, 3, set())
    assert traffic.test[0] == TEST[0]


def test_what_the_stream_asks_of_unknown_entries_is_out_of_scope() -> None:
    stream = [LabelledText("bicycles", "do you sell bicycles"), LabelledText("leak", "it leaks")]
    traffic = draw_traffic(KB, TEST, stream, per_entry=10, num_lots=1, seed=0)
    assert sorted((row.label, row.text) for row in traffic.lots[0]) == [
        (OUT_OF_SCOPE, "do you sell bicycles"),
        ("leak", "it leaks"),
    ]


def test_what_is_known_or_measured_on_is_not_asked() -> None:
    stream = [LabelledText("leak", "Leak  test"), LabelledText("leak", "leak phrasing 3"), LabelledText("leak", "new")]
    traffic = draw_traffic(KB, TEST, stream, per_entry=10, num_lots=1, seed=0)
    assert [row.text for row in traffic.lots[0]] == ["new"]


def test_too_little_traffic_is_refused_in_words() -> None:
    with pytest.raises(ImportRefused, match="0 questions are left for 2 lots beside 30 known phrasings. Give a --str"):
        draw_traffic(KB, TEST, (), per_entry=10, num_lots=2, seed=0)
