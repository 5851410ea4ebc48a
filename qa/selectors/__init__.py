"""Reads of many rows, for pages and reports."""

from qa.selectors.chat import brand_name, chat_knowledge_base_or_none, popular_questions
from qa.selectors.review import (
    ReviewQueue,
    num_waiting,
    review_queue,
    reviewable_bases,
    reviewed_rows,
    search_entries,
    show_item,
)

__all__ = [
    "ReviewQueue",
    "brand_name",
    "chat_knowledge_base_or_none",
    "num_waiting",
    "popular_questions",
    "review_queue",
    "reviewable_bases",
    "reviewed_rows",
    "search_entries",
    "show_item",
]
