"""Brings a company's own knowledge in, from tables, JSON and Markdown."""

from qa.services.importing.report import ImportReport
from qa.services.importing.workflow import import_knowledge
from qa.services.importing.writing import Progress

__all__ = ["ImportReport", "Progress", "import_knowledge"]
