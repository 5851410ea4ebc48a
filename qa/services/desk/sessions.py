"""Who is signed in with a browser's session, asked anew for every frame: what was ended or taken back is gone."""

from importlib import import_module

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.http import HttpRequest


def signed_in(*, session_key: str | None) -> User | None:
    """Return the active member of staff of a session; None when there is none.

    A session ends with its time, by signing out, and when the password is changed.
    """
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = auth.get_user(request)
    return user if isinstance(user, User) and user.is_active and user.is_staff else None
