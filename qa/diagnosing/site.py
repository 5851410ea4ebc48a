"""Settings that are allowed and still wrong where customers are."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from qa.diagnosing.problems import Problem
from qa.origins import parse_origin

LEAST_KEY = 32
"""Characters of a key that can't be guessed."""
LOCAL = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}


def check_key() -> Iterator[Problem]:
    """See that sessions and conversation keys can't be forged."""
    key = settings.SECRET_KEY
    if len(key) < LEAST_KEY or len(set(key)) < LEAST_KEY // 4:
        yield Problem(
            f"SECRET_KEY has {len(key)} characters, {len(set(key))} of them different; it can be guessed.",
            "Take SECRET_KEY out of the environment: a good one is made and kept in HANGJIA_VAR/secret_key.",
        )


def check_hosts() -> Iterator[Problem]:
    """See which names the service is reached under, and that it shows no source there."""
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts:
        yield Problem("ALLOWED_HOSTS is *: any host name is believed.", "Name the hosts of this service.")
    if not hosts:
        yield Problem("ALLOWED_HOSTS is empty: every request gets 400.", "Name the hosts of this service.")
    if settings.DEBUG and hosts - LOCAL:
        yield Problem(
            f"DEBUG is on under {', '.join(sorted(hosts - LOCAL))}: errors show the source to whoever meets one.",
            "Take DEBUG out of the environment.",
        )


def check_origins() -> Iterator[Problem]:
    """See that every allowed origin is one."""
    for origin in settings.ALLOWED_ORIGINS:
        if parse_origin(origin) is None:
            yield Problem(
                f"ALLOWED_ORIGINS holds “{origin}”, which is no origin and matches no page.",
                "Write scheme, host and port, such as https://shop.example.",
            )


def check_time_zone() -> Iterator[Problem]:
    """See that the time zone is known here."""
    try:
        ZoneInfo(settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        yield Problem(
            f"TIME_ZONE is “{settings.TIME_ZONE}”, which is unknown here.", "Write one such as Asia/Shanghai."
        )
