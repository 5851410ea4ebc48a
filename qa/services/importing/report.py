"""What an import did, or would do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImportReport:
    """What an import did; of a dry run, what it would do.

    Attributes:
        num_created: Entries that are new.
        num_updated: Entries that changed.
        num_unchanged: Entries of the file that the database holds just so.
        num_phrasings: Phrasings that were added, canonical questions not counted.
        num_duplicates: Phrasings that stood twice in one entry and were taken once.
        num_terms: Terms that are new or changed.
        warnings: What an editor should look at; nothing was refused for it.
    """

    num_created: int
    num_updated: int
    num_unchanged: int
    num_phrasings: int
    num_duplicates: int
    num_terms: int
    warnings: tuple[str, ...]
