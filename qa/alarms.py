"""What a text says besides its question: danger, anger, the wish for a person; pure.

A text is looked at in normalised form (lower case, simplified characters), clause by clause, by the lists of
`qa.alarm_words`. Danger is rather seen once too often than missed; what is denied ("没有冒烟", "no smoke"), or asked
about a part that is called so ("烟雾报警器怎么装"), is none.
"""

import re
from dataclasses import dataclass

from qa.alarm_words import (
    ALARM_SOUNDS,
    ANGER_WORDS,
    CALM_WORDS,
    DANGER_WORDS,
    DENIALS,
    EXPLANATIONS,
    FILLERS,
    SAFE_WORDS,
    SMOKE_WORDS,
    Danger,
    Words,
)

__all__ = ["Alarms", "Danger", "read_alarms"]


@dataclass(frozen=True, slots=True)
class Alarms:
    """What a text says besides its question."""

    danger: Danger | None = None
    is_angry: bool = False
    wants_person: bool = False


_CHINESE_WISH = re.compile(
    r"(你好|您好|喂)?(我|那|那就|还是|直接|赶紧|快|快点|能不能|可以|可不可以|能|请|麻烦|帮我|给我|帮忙|要|想|想要|需要|要求){0,6}"
    r"(转|找|接|换|叫|呼叫|联系|联络|咨询|跟|和|与|来)?(接|到|入|给|成|一下|个|一个|你们|你们的|一位){0,3}"
    r"(真人|人工|活人|人工客服|真人客服|在线客服|客服|客服人员|人工服务|人工坐席|人工座席|客服专员|转人工)"
    r"(服务|客服|坐席|来|说话|聊|聊聊|沟通|谈|对话|回答|接听|说|帮我|处理){0,2}(一下)?(吧|啊|呀|呢|吗|谢谢|行吗|好吗|可以吗|行不行)*"
)
_ENGLISH_WISH = re.compile(
    r"\b(talk|speak|chat|connect me|put me through|transfer me|get me|give me|want|need|like)\b.{0,25}"
    r"\b(human|real person|live person|person|live agent|agent|representative|operator|somebody real|someone real"
    r"|customer service|human being)\b"
    r"|^(a )?(human|agent|live agent|real person|representative|operator|human agent|customer service|live chat)"
    r"( please| now)?$"
)
_NOT_A_WISH = re.compile(r"\b(don't|do not|never|no need|not)\b.{0,20}\b(human|person|agent|representative|operator)\b")
_PUNCTUATION = re.compile(r"[^\w]+")
_CLAUSES = re.compile(r"[\n。.!！?？;；,，、]|\bbut\b|但是|但|不过|可是")
_LONGEST_WISH = 80
"""Characters of a text in which a wish for a person is looked for; longer ones tell a story with people in it."""


def _pattern(words: Words) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words.english)})(?![a-z])|{'|'.join(words.chinese)}")


_DANGER = {danger: _pattern(words) for danger, words in DANGER_WORDS.items()}
_SOUNDS = {danger: _pattern(words) for danger, words in ALARM_SOUNDS.items()}
_SMOKE, _EXPLAINED = _pattern(SMOKE_WORDS), _pattern(EXPLANATIONS)
_SAFE, _ANGER, _CALM = _pattern(SAFE_WORDS), _pattern(ANGER_WORDS), _pattern(CALM_WORDS)
_CHINESE_DENIED = re.compile(rf"(?:{'|'.join(DENIALS.chinese)})(?:{'|'.join(FILLERS.chinese)}){{0,3}}$")
_ENGLISH_DENIED = re.compile(rf"\b(?:{'|'.join(DENIALS.english)})(?: (?:{'|'.join(FILLERS.english)})){{0,4}} ?$")


def read_alarms(text: str) -> Alarms:
    """Tell what a text says besides its question.

    Args:
        text: Normalised: lower case, simplified characters; lines are clauses too.
    """
    return Alarms(_danger_in(text), _is_angry(text), _wants_person(text))


def _danger_in(text: str) -> Danger | None:
    unsafe = _SAFE.sub(" ", text)
    for danger, pattern in _DANGER.items():
        if (danger in _SOUNDS and _says(text, _SOUNDS[danger])) or _says(unsafe, pattern):
            return danger
        if danger == Danger.FIRE and _says(unsafe, _SMOKE) and not _EXPLAINED.search(text):
            return danger
    return None


def _says(text: str, pattern: re.Pattern[str]) -> bool:
    """Tell whether a text holds a pattern that is not denied in its clause."""
    clauses = _CLAUSES.split(text)
    return any(not _is_denied(clause[: found.start()]) for clause in clauses for found in pattern.finditer(clause))


def _is_denied(before: str) -> bool:
    return bool(_CHINESE_DENIED.search(before) or _ENGLISH_DENIED.search(before))


def _is_angry(text: str) -> bool:
    return _says(_CALM.sub(" ", text), _ANGER)


def _wants_person(text: str) -> bool:
    if len(text) > _LONGEST_WISH:
        return False
    if any(_CHINESE_WISH.fullmatch(_PUNCTUATION.sub("", clause)) for clause in _CLAUSES.split(text) if clause):
        return True
    return bool(_ENGLISH_WISH.search(text)) and not _NOT_A_WISH.search(text)
