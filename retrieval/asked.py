"""One question as a search sees it."""

from dataclasses import dataclass

from retrieval.comparison import Comparison
from retrieval.documents import Query
from retrieval.lexical import Analysis
from retrieval.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that its search begins with.

    Attributes:
        query: Its text, and what may be returned.
        analysis: The tokens of the text.
        vector: (dim,) float32, centred.
        comparison: The vector beside those of the snapshot.
    """

    query: Query
    analysis: Analysis
    vector: Vectors
    comparison: Comparison
