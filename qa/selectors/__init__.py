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
from qa.selectors.widgets import active_widget, demo_widget, origins_of, snippet_of

__all__ = [
    "ReviewQueue",
    "active_widget",
    "brand_name",
    "chat_knowledge_base_or_none",
    "demo_widget",
    "levels",
    "num_waiting",
    "origins_of",
    "popular_questions",
    "report_of",
    "review_queue",
    "reviewed_rows",
    "search_entries",
    "show_item",
    "show_job",
    "show_models",
    "snippet_of",
]
