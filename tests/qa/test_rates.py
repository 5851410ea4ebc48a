"""How fast one conversation may speak."""

from qa import rates
from qa.rates import RateLimit


def test_so_many_in_a_minute_each() -> None:
    limit = RateLimit()
    assert [limit.allows("a", 2, now=at) for at in (0.0, 1.0, 2.0, 59.9)] == [True, True, False, False]
    assert limit.allows("b", 2, now=2.0)
    # What was refused does not count.
    assert [limit.allows("a", 2, now=at) for at in (60.0, 60.5, 61.0)] == [True, False, True]


def test_the_longest_silent_are_forgotten_first(monkeypatch: object) -> None:
    monkeypatch.setattr(rates, "MAX_KEPT", 2)  # type: ignore[attr-defined]
    limit = RateLimit()
    for key in ("a", "b", "a", "c"):
        limit.allows(key, 2, now=0.0)
    assert not limit.allows("a", 2, now=1.0)
    assert limit.allows("b", 1, now=1.0)
