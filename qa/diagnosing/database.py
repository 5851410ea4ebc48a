"""The database: reached, migrated, with somebody who can sign in and something to answer."""

from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from qa.diagnosing.problems import Problem
from qa.models import Entry, KnowledgeBase, Release

MOST_AHEAD_S = 60
"""How far the newest release may lie in the future, in seconds."""


def check_reachable() -> Iterator[Problem]:
    """Say a word to it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        yield Problem(
            f"The database does not answer: {str(error).strip()}.",
            "Start it, and see that DATABASE_URL names its host, port, user and password (docs/settings.md).",
        )


def check_migrated() -> Iterator[Problem]:
    """Compare the tables with what this version needs."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        first = ".".join((plan[0][0].app_label, plan[0][0].name))
        yield Problem(
            f"{len(plan)} migrations of the database are missing, from {first} on.",
            "Run `manage.py migrate` (`make run` does).",
        )


def check_staff() -> Iterator[Problem]:
    """See that somebody can give others their roles."""
    if not get_user_model().objects.filter(is_superuser=True, is_staff=True, is_active=True).exists():
        yield Problem("No active superuser can sign in.", "Run `manage.py createsuperuser`.")


def check_knowledge() -> Iterator[Problem]:
    """See that there is something to answer with."""
    if not KnowledgeBase.objects.exists():
        yield Problem("There is no knowledge base.", "Import one: `manage.py import_knowledge FILE --create`.")
    elif not Entry.objects.answering().exists():
        yield Problem("No entry is published, so nothing can be answered.", "Publish some under /admin/, Entries.")


def check_clock() -> Iterator[Problem]:
    """See that time has not gone back: leases, sessions and signed identities live by it."""
    newest = Release.objects.order_by("-number").values_list("created_at", flat=True).first()
    if newest is not None and (ahead := (newest - timezone.now()).total_seconds()) > MOST_AHEAD_S:
        yield Problem(
            f"The newest release was made {ahead:.0f} s from now: the clock of this machine is behind.",
            "Set the clock, and keep it right with NTP.",
        )
