"""Messages that people send in pieces; pure.

Nothing waits for a piece that may follow, unless a message looks as if one did: what comes while the earlier is still
considered is taken together with it anyway (`qa.services.handoff.receiving`).
"""

import re

OPENINGS = (
    *("你好", "您好", "在吗", "在么", "在不在", "有人吗", "请问", "请问一下", "问一下"),
    *("想问一下", "我想问一下", "那个", "喂", "哈喽"),
    *("hi", "hello", "hey", "hi there", "hello there", "good morning", "good afternoon"),
    *("excuse me", "quick question", "i have a question", "question"),
)
"""What people write before their question, in a message of its own."""
CONNECTIVES = (
    *("而且", "但是", "可是", "不过", "然后", "因为", "所以", "就是", "还有", "如果"),
    *("以及", "或者", "比如", "另外", "和", "跟"),
    *("and", "but", "or", "because", "so", "when", "if", "then", "with", "the", "a", "my", "is"),
)
"""Words that don't end a sentence."""
_AROUND = re.compile(r"^[\s\W]+|[\s\W]+$")
_ENDS_OPEN = re.compile(r"[,，、:：;；…—]\s*$|\.\.\.\s*$")
_ENDS_CLOSED = re.compile(r"[?？!！。]\s*$")
_WORDS_THAT_GO_ON = "|".join(rf"\b{word}" if word.isascii() else word for word in CONNECTIVES)
_CONNECTIVE = re.compile(f"(?:{_WORDS_THAT_GO_ON})$")


def looks_unfinished(text: str) -> bool:
    """Tell whether a message is probably the first piece of one: a greeting, or something that ends in a comma."""
    if _ENDS_OPEN.search(text):
        return True
    words = _AROUND.sub("", text.lower())
    if words in OPENINGS:
        return True
    return not _ENDS_CLOSED.search(text) and bool(_CONNECTIVE.search(words))
