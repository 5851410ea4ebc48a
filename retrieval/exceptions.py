"""Errors of the retrieval part; the engine translates them once."""


class RetrievalError(Exception):
    """Root of everything that retrieval raises on purpose."""


class KnowledgeBaseUnknown(RetrievalError):
    """Raised when a knowledge base is searched for which no partition was loaded."""


class VectorsInvalid(RetrievalError):
    """Raised when vectors have another shape or number than what they belong to, or are not finite."""


class SnapshotMissing(RetrievalError):
    """Raised when a snapshot's folder, or its manifest, is not there."""


class SnapshotDamaged(RetrievalError):
    """Raised when a snapshot is not, byte for byte, what was written, or doesn't answer as it did."""


class SnapshotForeign(RetrievalError):
    """Raised when a snapshot was made by another encoder or in a format that this version can't read."""


class DocumentsInvalid(RetrievalError):
    """Raised when documents don't belong to the entries that they are said to replace."""
