"""Collects what is wrong with a file, so that all of it is said at once."""

from qa.exceptions import ImportRefused

MAX_SHOWN = 40
"""Characters of a faulty value that a problem repeats."""


def shown(value: object) -> str:
    """Write a value as a problem shows it: short, quoted, printable whatever is in it."""
    if not isinstance(value, str):
        return repr(value)[:MAX_SHOWN]
    return repr(value[:MAX_SHOWN] + ("…" if len(value) > MAX_SHOWN else ""))


class Problems:
    """The problems of one file, in the order in which they were found."""

    def __init__(self, file_name: str) -> None:
        """Begin without any."""
        self._file_name = file_name
        self._lines: list[str] = []

    def add(self, position: str, column: str, found: str, expected: str) -> None:
        """Note one: where it is, what was found there, what was expected and so how to mend it."""
        where = f"{position}, {column}" if column else position
        self._lines.append(f"{where}: found {found}; expected {expected}.")

    def raise_if_any(self) -> None:
        """Refuse the file when anything was noted.

        Raises:
            ImportRefused: With every problem.
        """
        if self._lines:
            count = len(self._lines)
            raise ImportRefused(
                f"{self._file_name} was not imported, and nothing was changed: "
                f"{count:,} {'problem' if count == 1 else 'problems'}. Mend the file and import it again.",
                tuple(self._lines),
            )

    def refuse(self, position: str, found: str, expected: str) -> ImportRefused:
        """Make the error for a file that can't be read any further."""
        self.add(position, "", found, expected)
        try:
            self.raise_if_any()
        except ImportRefused as refused:
            return refused
        raise AssertionError("unreachable: a problem was just added")
