"""Reads of many rows, for pages and reports."""

from qa.selectors.chat import brand_name, chat_knowledge_base_or_none, popular_questions
from qa.selectors.levels import levels
from qa.selectors.review import (
    ReviewQueue,
    num_waiting,
    review_queue,
    reviewed_rows,
    search_entries,
    show_item,
)
from qa.selectors.training import report_of, show_job, show_models

__all__ = [
    "ReviewQueue",
    "brand_name",
    "chat_knowledge_base_or_none",
    "levels",
    "num_waiting",
    "popular_questions",
    "report_of",
    "review_queue",
    "reviewed_rows",
    "search_entries",
    "show_item",
    "show_job",
    "show_models",
]
