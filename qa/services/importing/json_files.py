"""JSON and JSONL → records, products and terms."""

import json
from collections.abc import Iterator

from qa.services.importing.problems import Problems, shown
from qa.services.importing.rows import FileRecords, Record

_LANGUAGES = frozenset({"zh", "en"})
_TEXT_KEYS = frozenset({"external_id", "category", "status"})
_ENTRY_KEYS = _TEXT_KEYS | {"products", "emergency", "question", "answer", "phrasings"}
_PRODUCT_KEYS = frozenset({"code", "name_zh", "name_en"})
_TERM_TEXT_KEYS = frozenset({"term", "language", "kind", "status"})
_TERM_KEYS = _TERM_TEXT_KEYS | {"aliases", "definition"}
_FILE_KEYS = frozenset({"entries", "products", "terms"})


def read_json(text: str, problems: Problems) -> FileRecords:
    """Read `{"entries": […], "products": […], "terms": […]}`, each part optional.

    Raises:
        ImportRefused: It is no JSON, or too deeply nested.
    """
    whole = _decode(text, "the file", problems)
    if not isinstance(whole, dict):
        raise problems.refuse("the file", _kind(whole), 'an object: {"entries": [...]}')
    _note_unknown("the file", whole, _FILE_KEYS, problems)
    return FileRecords(
        entries=tuple(_entry(p, o, problems) for p, o in _objects(whole, "entries", "entry", problems)),
        products=tuple(_product(p, o, problems) for p, o in _objects(whole, "products", "product", problems)),
        terms=tuple(_term(p, o, problems) for p, o in _objects(whole, "terms", "term", problems)),
    )


def read_jsonl(text: str, problems: Problems) -> FileRecords:
    """Read one entry a line; empty lines are skipped.

    Raises:
        ImportRefused: A line is no JSON.
    """
    entries = []
    # Not splitlines(): that also splits at U+2028, which may stand in an answer.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        entry = _decode(line, f"line {number}", problems)
        if isinstance(entry, dict):
            entries.append(_entry(f"line {number}", entry, problems))
        else:
            problems.add(f"line {number}", "", _kind(entry), "an object, one entry a line")
    return FileRecords(entries=tuple(entries))


def _decode(text: str, position: str, problems: Problems) -> object:
    try:
        decoded: object = json.loads(text, object_pairs_hook=_unique_object, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise problems.refuse(
            position, "brackets nested too deeply", "entries as docs/importing.md shows them"
        ) from error
    except json.JSONDecodeError as error:
        where = (
            f"line {error.lineno}, column {error.colno}"
            if position == "the file"
            else f"{position}, column {error.colno}"
        )
        raise problems.refuse(where, f"no JSON ({error.msg})", "JSON") from error
    except ValueError as error:
        raise problems.refuse(position, f"JSON with a fault: {error}", "each key once and plain values") from error
    return decoded


def _unique_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {shown(next(k for k in keys if keys.count(k) > 1))} twice in one object")
    return unique


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON value")


def _objects(
    whole: dict[str, object], key: str, noun: str, problems: Problems
) -> Iterator[tuple[str, dict[str, object]]]:
    listed = whole.get(key)
    if listed is not None and not isinstance(listed, list):
        problems.add("the file", key, _kind(listed), "a list")
        return
    for number, item in enumerate(listed or (), start=1):
        if isinstance(item, dict):
            yield f"{noun} {number}", item
        else:
            problems.add(f"{noun} {number}", "", _kind(item), "an object")


def _entry(position: str, entry: dict[str, object], problems: Problems) -> Record:
    _note_unknown(position, entry, _ENTRY_KEYS, problems)
    texts = _texts(position, entry, _TEXT_KEYS, problems)
    lists: dict[str, tuple[str, ...]] = {}
    if isinstance(emergency := entry.get("emergency"), bool):
        texts["emergency"] = "yes" if emergency else "no"
    elif emergency is not None:
        problems.add(position, "emergency", _kind(emergency), "true or false")
    if (products := _list(position, "products", entry.get("products"), problems)) is not None:
        lists["products"] = products
    for part in ("question", "answer"):
        of_part = _by_language(position, part, entry, problems)
        texts |= _texts(position, of_part, frozenset(of_part), problems)
    for key, value in _by_language(position, "phrasings", entry, problems).items():
        if (phrasings := _list(position, key, value, problems)) is not None:
            lists[key] = phrasings
    return Record(position, texts, lists)


def _product(position: str, product: dict[str, object], problems: Problems) -> Record:
    _note_unknown(position, product, _PRODUCT_KEYS, problems)
    return Record(position, _texts(position, product, _PRODUCT_KEYS, problems))


def _term(position: str, term: dict[str, object], problems: Problems) -> Record:
    _note_unknown(position, term, _TERM_KEYS, problems)
    definitions = _by_language(position, "definition", term, problems)
    texts = _texts(position, term, _TERM_TEXT_KEYS, problems)
    texts |= _texts(position, definitions, frozenset(definitions), problems)
    aliases = _list(position, "aliases", term.get("aliases"), problems)
    return Record(position, texts, {} if aliases is None else {"aliases": aliases})


def _by_language(position: str, part: str, entry: dict[str, object], problems: Problems) -> dict[str, object]:
    """Flatten `{"question": {"zh": …}}` to `{"question_zh": …}`."""
    values = entry.get(part)
    if values is None:
        return {}
    if not isinstance(values, dict):
        problems.add(position, part, _kind(values), 'an object by language: {"zh": ..., "en": ...}')
        return {}
    _note_unknown(f"{position}, {part}", values, _LANGUAGES, problems)
    return {f"{part}_{language}": value for language, value in values.items() if language in _LANGUAGES}


def _texts(position: str, values: dict[str, object], keys: frozenset[str], problems: Problems) -> dict[str, str]:
    texts = {}
    for key in sorted(keys & values.keys()):
        if isinstance(value := values[key], str):
            texts[key] = value
        elif value is not None:
            problems.add(position, key, _kind(value), "a text")
    return texts


def _list(position: str, key: str, value: object, problems: Problems) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    problems.add(position, key, _kind(value), "a list of texts")
    return ()


def _note_unknown(position: str, values: dict[str, object], known: frozenset[str], problems: Problems) -> None:
    for key in values:
        if key not in known:
            problems.add(position, "", f"the unknown key {shown(key)}", f"one of {', '.join(sorted(known))}")


def _kind(value: object) -> str:
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    return "an object" if isinstance(value, dict) else shown(value)
