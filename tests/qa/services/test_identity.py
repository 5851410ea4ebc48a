"""A visitor is who the site vouches for: signed with the widget's secret, for a day at most; all else is refused."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.utils import translation

from qa.exceptions import Unauthorised
from qa.models import KnowledgeBase, Visitor, Widget
from qa.services.conversations import open_conversation, record_turn
from qa.services.identity import visitor_of
from tests.factories import customer_says

DAY_S = 24 * 60 * 60


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def widget(knowledge_base: KnowledgeBase) -> Widget:
    return Widget.objects.create(name="shop", knowledge_base=knowledge_base)


def token(widget: Widget, *, algorithm: str = "HS256", secret: str | None = None, **claims: Any) -> str:
    fields = {"sub": "u-1", "exp": int(time.time()) + 600, **claims}
    kept = {name: value for name, value in fields.items() if value is not None}
    return jwt.encode(kept, widget.identity_secret if secret is None else secret, algorithm=algorithm)


def signed(widget: Widget, external_id: str) -> str:
    return (
        f"{external_id}.{hmac.new(widget.identity_secret.encode(), external_id.encode(), hashlib.sha256).hexdigest()}"
    )


def test_token_names_a_visitor_and_later_ones_the_same(widget: Widget) -> None:
    first = visitor_of(widget=widget, identity=token(widget, name="王芳", email="w@example.com"))
    again = visitor_of(widget=widget, identity=token(widget, name="王小芳"))

    assert first is not None
    assert again is not None
    assert (again.pk, again.external_id, again.name, again.email) == (first.pk, "u-1", "王小芳", "w@example.com")


def test_nobody_is_anonymous(widget: Widget) -> None:
    assert visitor_of(widget=widget, identity=None) is None
    assert visitor_of(widget=widget, identity="") is None
    assert not Visitor.objects.exists()


def test_nobody_is_refused_where_identity_is_required(widget: Widget) -> None:
    widget.requires_identity = True
    with pytest.raises(Unauthorised, match="signed-in visitors"):
        visitor_of(widget=widget, identity=None)


@pytest.mark.parametrize("external_id", ["u-1", "with.dots.in.it", "用户 7"])
def test_signed_id_names_a_visitor(widget: Widget, external_id: str) -> None:
    visitor = visitor_of(widget=widget, identity=signed(widget, external_id))
    assert visitor is not None
    assert visitor.external_id == external_id


def test_same_id_at_two_widgets_is_two_visitors(widget: Widget, knowledge_base: KnowledgeBase) -> None:
    other = Widget.objects.create(name="other", knowledge_base=knowledge_base)
    one = visitor_of(widget=widget, identity=token(widget))
    two = visitor_of(widget=other, identity=token(other))
    assert one != two


@pytest.mark.parametrize(("ahead_s", "is_taken"), [(DAY_S - 60, True), (DAY_S + 60, False)])
def test_token_lives_a_day_at_most(widget: Widget, ahead_s: int, is_taken: bool) -> None:
    identity = token(widget, exp=int(time.time()) + ahead_s)
    if is_taken:
        assert visitor_of(widget=widget, identity=identity) is not None
    else:
        with pytest.raises(Unauthorised, match="lives too long"):
            visitor_of(widget=widget, identity=identity)


def test_audience_where_given_is_the_widget(widget: Widget) -> None:
    assert visitor_of(widget=widget, identity=token(widget, aud=widget.key)) is not None
    assert visitor_of(widget=widget, identity=token(widget, aud=["x", widget.key])) is not None
    with pytest.raises(Unauthorised, match="another widget"):
        visitor_of(widget=widget, identity=token(widget, aud="x"))


def unsigned(widget: Widget, algorithm: str) -> str:
    """Make a token that claims an algorithm without a signature (the `alg=none` attack)."""
    parts = [{"alg": algorithm, "typ": "JWT"}, {"sub": "u-1", "exp": int(time.time()) + 600}]
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def test_replayed_token_is_refused_after_its_end(widget: Widget) -> None:
    identity = token(widget, exp=int(time.time()) - 60)
    with pytest.raises(Unauthorised, match="has expired"):
        visitor_of(widget=widget, identity=identity)


def old(widget: Widget, external_id: str = "u-1") -> str:
    return token(widget, sub=external_id, exp=int(time.time()) - 60)


def test_who_is_named_a_moment_after_connecting_finds_their_conversation(widget: Widget) -> None:
    theirs = open_conversation(token=None, widget=widget.key, identity=token(widget))
    empty = open_conversation(token=None, widget=widget.key)
    named = open_conversation(token=empty.token, widget=widget.key, identity=token(widget))
    assert named == theirs
    begun = open_conversation(token=None, widget=widget.key)
    record_turn(conversation_id=begun.conversation.pk, turn=customer_says("hello"))
    assert open_conversation(token=begun.token, widget=widget.key, identity=token(widget)) == begun


def test_expired_identity_still_goes_on_with_its_own_conversation(widget: Widget) -> None:
    opened = open_conversation(token=None, widget=widget.key, identity=token(widget))
    again = open_conversation(token=opened.token, widget=widget.key, identity=old(widget))
    assert again.conversation == opened.conversation


@pytest.mark.parametrize("case", ["no token", "another's", "nobody's", "for signed-in visitors", "another widget's"])
def test_expired_identity_opens_nothing_else(widget: Widget, case: str) -> None:
    others = open_conversation(token=None, widget=widget.key, identity=token(widget, sub="u-2"))
    nobodys = open_conversation(token=None, widget=widget.key)
    own = open_conversation(token=None, widget=widget.key, identity=token(widget))
    key = {"no token": None, "another's": others.token, "nobody's": nobodys.token}.get(case, own.token)
    place = widget
    if case == "for signed-in visitors":
        Widget.objects.filter(pk=widget.pk).update(requires_identity=True)
    if case == "another widget's":
        place = Widget.objects.create(
            name="second", knowledge_base=widget.knowledge_base, identity_secret=widget.identity_secret
        )
    with pytest.raises(Unauthorised, match="has expired"):
        open_conversation(token=key, widget=place.key, identity=old(place))
    nobodys.conversation.refresh_from_db()
    assert nobodys.conversation.visitor is None


BAD = {
    "another secret": lambda w: token(w, secret="another secret, long enough for a signature"),
    "HS512": lambda w: token(w, algorithm="HS512"),
    "none": lambda w: unsigned(w, "none"),
    "None": lambda w: unsigned(w, "None"),
    "no signature": lambda w: unsigned(w, "HS256"),
    "changed": lambda w: token(w)[:-4] + "AAAA",
    "no exp": lambda w: token(w, exp=None),
    "no sub": lambda w: token(w, sub=None),
    "sub is no text": lambda w: token(w, sub=7),
    "old, and sub is no text": lambda w: token(w, sub=7, exp=1),
    "old, and jti is no text": lambda w: token(w, jti=7, exp=1),
    "empty sub": lambda w: token(w, sub=""),
    "long sub": lambda w: token(w, sub="x" * 129),
    "exp is no number": lambda w: token(w, exp="soon"),
    "no token": lambda w: "hello",
    "dots": lambda w: "..",
    "an id with another's signature": lambda w: "u-2." + signed(w, "u-1").rpartition(".")[2],
    "an id with a short signature": lambda w: "u-1." + "a" * 63,
    "an empty id": lambda w: signed(w, ""),
    "NUL": lambda w: signed(w, "u\0"),
    "too long": lambda w: "x" * 5000,
    "lone surrogate": lambda w: "\ud800." + "a" * 64,
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("forgery", BAD)
def test_forgery_is_refused_and_leaves_no_row(widget: Widget, forgery: str) -> None:
    identity = BAD[forgery](widget)
    with pytest.raises(Unauthorised) as refused:
        visitor_of(widget=widget, identity=identity)

    assert "identity" in refused.value.user_message
    assert not Visitor.objects.exists()


def test_rotated_secret_ends_what_the_old_one_signed(widget: Widget) -> None:
    identity = token(widget)
    widget.identity_secret = "a new secret, as long as secrets have to be"
    with pytest.raises(Unauthorised, match="not signed"):
        visitor_of(widget=widget, identity=identity)
