"""How members of staff are named before customers."""

from django.contrib.auth.models import AbstractBaseUser, User


def display_name(user: AbstractBaseUser | None) -> str:
    """Return the full name, else the sign-in name without a mail host; empty for nobody."""
    if not isinstance(user, User):
        return ""
    return user.get_full_name() or user.get_username().partition("@")[0]
