"""All checks in their order; one that needs another is left out when that one failed."""

from collections.abc import Iterator

from qa.diagnosing import database, machine, models, site
from qa.diagnosing.problems import Check, Examination

CHECKS: tuple[tuple[str, Check, str | None], ...] = (
    ("folder", machine.check_folder, None),
    ("disk space", machine.check_space, None),
    ("secret key", site.check_key, None),
    ("hosts", site.check_hosts, None),
    ("origins", site.check_origins, None),
    ("time zone", site.check_time_zone, None),
    ("database", database.check_reachable, None),
    ("migrations", database.check_migrated, "database"),
    ("staff", database.check_staff, "migrations"),
    ("knowledge", database.check_knowledge, "migrations"),
    ("clock", database.check_clock, "migrations"),
    ("release", models.check_release, "migrations"),
    ("model files", models.check_model_files, "release"),
    ("model", models.check_model_loads, "model files"),
    ("index", models.check_index, "release"),
    ("queue", machine.check_queue, None),
    ("worker", machine.check_worker, "queue"),
)
"""Name, check, and the check that it needs."""


def examine() -> Iterator[Examination]:
    """Make every check that can be made."""
    failed: set[str] = set()
    for name, check, needed in CHECKS:
        if needed in failed:
            failed.add(name)
            yield Examination(name, needed=needed)
            continue
        found = Examination(name, tuple(check()))
        if found.problems:
            failed.add(name)
        yield found
