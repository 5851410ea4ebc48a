"""Who a visitor is, by the word of the site around the widget; without it the visitor is anonymous."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

import jwt
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from qa.exceptions import Unauthorised
from qa.models import Visitor, Widget

LONGEST_AHEAD_S = 24 * 60 * 60
"""How far ahead a token may expire, in seconds: a longer life is a password, and can't be taken back."""
LEEWAY_S = 10
"""Clocks of two machines differ by so much, in seconds."""
MAX_IDENTITY = 4096
_SIGNED_ID = re.compile(r"(?P<id>.{1,128})\.(?P<signature>[0-9a-f]{64})", re.DOTALL)
_CLAIMS = {"name": 200, "email": 254}
"""Claims that are kept of a token, with their longest length."""


class IdentityExpired(Unauthorised):
    """An identity that was this widget's and is no longer.

    Attributes:
        external_id: Whose it was.
    """

    def __init__(self, external_id: object) -> None:
        super().__init__(_("Your sign-in has expired. Reload the page to go on."))
        self.external_id = str(external_id)


def visitor_of(*, widget: Widget, identity: str | None) -> Visitor | None:
    """Return the visitor whom an identity names, kept as a row; None for the anonymous.

    Args:
        widget: Its secret must have signed the identity.
        identity: A JWT (HS256 with `sub` and `exp`; `aud`, where given, is the widget's key), or
            `{id}.{HMAC-SHA256 of the id in hexadecimal digits}`.

    Raises:
        IdentityExpired: It has expired.
        Unauthorised: It was not signed with this widget's secret, or lives too long; or there is none and the
            widget wants one.
    """
    if not identity:
        if widget.requires_identity:
            raise Unauthorised(_("This chat is for signed-in visitors. Sign in on the site, then open it again."))
        return None
    if len(identity) > MAX_IDENTITY or "\0" in identity:
        raise _forged()
    signed = _SIGNED_ID.fullmatch(identity)
    claims = _signed_id(widget, signed["id"], signed["signature"]) if signed else _token_claims(widget, identity)
    known = {name: str(claims[name])[:longest] for name, longest in _CLAIMS.items() if claims.get(name)}
    visitor, _is_new = Visitor.objects.update_or_create(widget=widget, external_id=claims["sub"], defaults=known)
    return visitor


def _signed_id(widget: Widget, external_id: str, signature: str) -> Mapping[str, Any]:
    expected = hmac.new(widget.identity_secret.encode(), external_id.encode(errors="replace"), hashlib.sha256)
    if not constant_time_compare(signature, expected.hexdigest()):
        raise _forged()
    return {"sub": external_id}


def _token_claims(widget: Widget, token: str) -> Mapping[str, Any]:
    try:
        claims = _decoded(widget, token)
    except jwt.ExpiredSignatureError as error:
        raise IdentityExpired(_decoded(widget, token, verify_exp=False)["sub"]) from error
    _check_claims(widget, claims)
    return claims


def _decoded(widget: Widget, token: str, *, verify_exp: bool = True) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            widget.identity_secret,
            algorithms=["HS256"],
            leeway=LEEWAY_S,
            options={"require": ["exp", "sub"], "verify_aud": False, "verify_exp": verify_exp},
        )
    except jwt.ExpiredSignatureError:
        raise
    except (jwt.PyJWTError, ValueError, OverflowError) as error:
        raise _forged() from error
    return claims


def _check_claims(widget: Widget, claims: Mapping[str, Any]) -> None:
    external_id, audience = claims["sub"], claims.get("aud", widget.key)
    if not external_id or len(external_id) > 128 or "\0" in external_id:
        raise Unauthorised(_("The identity's “sub” must be a text of 1 to 128 characters."))
    if widget.key not in (audience if isinstance(audience, list) else [audience]):
        raise Unauthorised(_("The identity is for another widget: its “aud” is not this widget's key."))
    if claims["exp"] > timezone.now().timestamp() + LONGEST_AHEAD_S + LEEWAY_S:
        raise Unauthorised(_("The identity lives too long: its “exp” may be at most 24 hours ahead."))


def _forged() -> Unauthorised:
    return Unauthorised(_("The identity was not signed with this widget's secret."))
