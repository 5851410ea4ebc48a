"""What customers are told, in their language: entries' answers, and the words of a hand-over."""

import re
from functools import lru_cache

import opencc
from django.utils.translation import gettext as _

from qa.models import Answer as EntryAnswer
from qa.models import Conversation, KnowledgeBase

TRADITIONAL = "zh-Hant"
SPACE_BETWEEN_SENTENCES = re.compile(r"(?<=[。！？]) ")


def spoken_language(found: str, before: str) -> str:
    """Return the language to reply in: the question's, Chinese for a mixed one, else the page's."""
    return {"zh": "zh", "mixed": "zh", "en": "en"}.get(found) or before or "zh"


def language_of(conversation: Conversation) -> str:
    """Return the language of the words around a conversation, `zh` or `en`: the page's, else the last turn's."""
    language = conversation.language
    if not language:
        spoken = conversation.turns.exclude(language="").order_by("-seq").values_list("language", flat=True)
        language = spoken.first() or conversation.knowledge_base.default_language
    return "en" if language.startswith("en") else "zh"


def in_script_of(conversation: Conversation, words: str) -> str:
    """Return our own words as the page writes; what editors wrote stays as it is.

    Chinese sentences stand together without the space that joins English ones, and are in traditional characters where
    the page is in them.
    """
    words = SPACE_BETWEEN_SENTENCES.sub("", words)
    return _to_traditional().convert(words) if conversation.language == TRADITIONAL else words


@lru_cache(maxsize=1)
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def contact_of(base: KnowledgeBase, language: str) -> str:
    """Return how else a person can be reached; empty when the company says nothing."""
    return base.contact_en if language == "en" else base.contact_zh


def hand_off_text(base: KnowledgeBase, language: str, *, offers_person: bool = False) -> str:
    """Return what a customer is told when the bot does not know: honest about what happens next.

    Args:
        base: Whose contact is named.
        language: Of the contact; the words are in the active one.
        offers_person: It was not the first time in a row.
    """
    text = _("I don't know this for sure, so I won't guess. Your question has been noted for our staff.")
    if offers_person:
        text += " " + _("Would you like a person to take over? Ask for one at any time, and we will call somebody.")
    contact = contact_of(base, language)
    return f"{text}\n{contact}" if contact else text


def answer_in(entry_id: int, language: str) -> EntryAnswer:
    """Return an entry's answer in a language, else in its knowledge base's, else in any."""
    answers = {
        a.language: a for a in EntryAnswer.objects.filter(entry=entry_id).select_related("entry__knowledge_base")
    }
    default = next(iter(answers.values())).entry.knowledge_base.default_language
    return answers.get(language) or answers.get(default) or next(iter(answers.values()))
