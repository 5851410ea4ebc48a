"""Names of columns and keys, English and Chinese, and how lists are written in one cell."""

import re
import unicodedata

TEXT_COLUMNS = frozenset(
    {"external_id", "category", "emergency", "status", "language", "question", "answer", "text"}
    | {f"{part}_{language}" for part in ("question", "answer") for language in ("zh", "en")}
)
LIST_COLUMNS = frozenset({"products", "phrasings", "phrasings_zh", "phrasings_en"})
COLUMNS = TEXT_COLUMNS | LIST_COLUMNS

_PARTS = {
    "question": ("question", "问题", "标准问题", "标准问"),
    "answer": ("answer", "答案", "回答"),
    "phrasings": ("phrasings", "问法", "相似问", "相似问法", "相似问题"),
}
_LANGUAGES = {"zh": ("zh", "中文", "chinese"), "en": ("en", "英文", "english")}
_ALIASES = {
    "external_id": ("external_id", "id", "label", "编号", "标签"),
    "category": ("category", "分类", "类别"),
    "products": ("products", "产品", "产品线"),
    "emergency": ("emergency", "紧急"),
    "status": ("status", "状态"),
    "language": ("language", "语言"),
    "text": ("text", "phrasing", "文本", "说法"),
}

_SEPARATORS = {"products": re.compile(r"[,，、;；\n]"), "phrasings": re.compile(r"[|｜\n]")}


def _known_names() -> dict[str, str]:
    names = {name: column for column, aliases in _ALIASES.items() for name in aliases}
    for part, aliases in _PARTS.items():
        names |= dict.fromkeys(aliases, part)
        for language, spellings in _LANGUAGES.items():
            names |= {f"{a}_{s}": f"{part}_{language}" for a in aliases for s in spellings}
            names |= {f"{s}{a}": f"{part}_{language}" for a in aliases for s in spellings}
    return names


_NAMES = _known_names()


def column_of(header: str) -> str | None:
    """Return the column that a header names ("Question (zh)", "中文问题", "question_zh"), None when unknown."""
    folded = unicodedata.normalize("NFKC", header).casefold().strip()
    return _NAMES.get(re.sub(r"[\s_\-]*\(([^)]*)\)$|[\s\-]+", lambda m: f"_{m[1] or ''}", folded))


def split_list(column: str, cell: str) -> tuple[str, ...]:
    """Split a cell into the texts of a list column; empty parts are dropped."""
    separator = _SEPARATORS["products" if column == "products" else "phrasings"]
    return tuple(part for raw in separator.split(cell) if (part := raw.strip()))
