"""Who looks at a conversation, by what sockets tell one another."""

from qa.viewers import FORGOTTEN_AFTER_S, TYPING_S, Viewers


def test_people_are_named_once_without_oneself() -> None:
    viewers = Viewers()
    assert viewers.note("a", 1, "Ann", now=0)
    assert viewers.note("b", 2, "Bob", now=0)
    assert viewers.note("b2", 2, "Bob", is_typing=True, now=0)
    assert not viewers.note("b", 2, "Bob", now=1)
    assert viewers.people(but=1, now=1) == (("Bob", True),)
    viewers.drop("b2")
    assert viewers.people(but=1, now=1) == (("Bob", False),)
    viewers.clear()
    assert viewers.people(but=1, now=1) == ()


def test_who_is_silent_is_forgotten_and_typing_ends() -> None:
    viewers = Viewers()
    viewers.note("b", 2, "Bob", is_typing=True, now=0)
    assert viewers.people(but=1, now=TYPING_S - 0.1) == (("Bob", True),)
    assert viewers.people(but=1, now=TYPING_S) == (("Bob", False),)
    assert viewers.people(but=1, now=FORGOTTEN_AFTER_S - 0.1) == (("Bob", False),)
    assert viewers.people(but=1, now=FORGOTTEN_AFTER_S) == ()
    assert not viewers.note("b", 2, "Bob", now=FORGOTTEN_AFTER_S)
    assert viewers.people(but=1, now=FORGOTTEN_AFTER_S) == (("Bob", False),)
