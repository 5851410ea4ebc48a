"""Damage done to a model directory, and the words of the remedy."""

from pathlib import Path

MEND = "manage.py prepare_model"
"""What every refusal tells to do."""


def files_of(folder: Path) -> list[Path]:
    """Return every file below a folder, in order."""
    return sorted(p for p in folder.rglob("*") if p.is_file())


def flip(path: Path, at: int) -> None:
    """Change one bit of a file; once more puts it right."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
