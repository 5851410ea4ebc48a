"""Compares the texts in the code with the Chinese catalogue: `python -m tests.check_translations [--write]`.

The msgids are English and stand in the code, so English needs no catalogue. `--write` brings new msgids into the
.po without a translation, drops those that no code speaks of any more, and compiles the .mo; the check passes once
somebody has translated what is new. Django isn't started: the code is read, not run.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (("qa", "*.py"), ("templates", "*.html"), ("qa/templates", "*.html"))
CATALOGUE = ROOT / "qa" / "locale" / "zh" / "LC_MESSAGES" / "django.po"
"""`zh` and not `zh_Hans`: gettext looks for zh_Hans in zh too, but for zh in no other."""

_PLAIN = frozenset({"gettext", "gettext_lazy", "gettext_noop"})
_REFUSED = frozenset({"ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"})
_TAG = re.compile(r"""{%\s*(?:trans|translate)\s+(["'])(?P<msgid>.*?)\1[^%]*%}""")
_BLOCK = re.compile(r"{%\s*blocktrans")
_PLACEHOLDER = re.compile(r"%(?:\([^)]*\))?[#0\- +]*\d*(?:\.\d+)?[sdifgr%]|{[^{}]*}")


@dataclass(frozen=True)
class Extraction:
    """What the sources hold.

    Attributes:
        places: Msgid → `path:line` of every use.
        problems: One line for each text that can't be extracted.
    """

    places: dict[str, list[str]]
    problems: list[str]


def extract(root: Path = ROOT) -> Extraction:
    """Collect every translated text below a folder, in the order of paths and lines."""
    found = Extraction({}, [])
    for folder, pattern in SOURCES:
        for path in sorted((root / folder).rglob(pattern)):
            read = _python_texts if path.suffix == ".py" else _template_texts
            for line, msgid, problem in read(path.read_text(encoding="utf-8")):
                place = f"{path.relative_to(root).as_posix()}:{line}"
                if problem:
                    found.problems.append(f"{place}: {problem}")
                else:
                    found.places.setdefault(msgid, []).append(place)
    return found


def _python_texts(source: str) -> Iterator[tuple[int, str, str]]:
    if "django.utils" not in source:  # parsing is what takes the time
        return
    nodes = list(ast.walk(ast.parse(source)))
    names = {
        alias.asname or alias.name: alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for call in nodes:
        if not isinstance(call, ast.Call):
            continue
        function = _called(call.func, names)
        if function in _REFUSED:
            yield (
                call.lineno,
                "",
                f"{function} is not extracted yet; use gettext, or teach tests/check_translations.py.",
            )
        elif function in _PLAIN:
            yield _literal(call)


def _called(function: ast.expr, names: dict[str, str]) -> str:
    """Return the translation function that is called, by its own name; empty for any other."""
    if isinstance(function, ast.Name):
        return names.get(function.id, "")
    module = function.value if isinstance(function, ast.Attribute) else None
    is_module = isinstance(module, ast.Name) and names.get(module.id, module.id) == "translation"
    return function.attr if is_module and isinstance(function, ast.Attribute) else ""


def _literal(call: ast.Call) -> tuple[int, str, str]:
    text = call.args[0] if call.args else None
    if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
        return call.lineno, text.value, ""
    return call.lineno, "", "only a text in quotes can be translated; put placeholders in it and fill them afterwards."


def _template_texts(source: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(source.splitlines(), start=1):
        for match in _TAG.finditer(line):
            # Django doubles the percent signs of a template's text before it asks the catalogue for it.
            yield number, match["msgid"].replace("%", "%%"), ""
        if _BLOCK.search(line):
            yield (
                number,
                "",
                "blocktranslate is not extracted yet; use translate, or teach tests/check_translations.py.",
            )


def find_problems(root: Path = ROOT, catalogue: Path = CATALOGUE) -> list[str]:
    """Return in words all that keeps the catalogue from saying what the code says; nothing when it is right."""
    write = "run `python -m tests.check_translations --write`"
    if not catalogue.exists():
        return [f"{catalogue} is missing; {write}."]
    extraction, po = extract(root), polib.pofile(str(catalogue), wrapwidth=100)
    entries = {entry.msgid: entry for entry in po if not entry.obsolete}
    problems = list(extraction.problems)
    problems += [
        f"{places[0]}: {msgid!r} is not in {catalogue.name}; {write} and translate it."
        for msgid, places in extraction.places.items()
        if msgid not in entries
    ]
    for entry in po:
        problems += _entry_problems(entry, extraction, write)
    compiled = catalogue.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != po.to_binary():
        problems.append(f"{compiled.name} is not what {catalogue.name} compiles to; {write}.")
    return problems


def _entry_problems(entry: polib.POEntry, extraction: Extraction, write: str) -> list[str]:
    where, found = f"django.po:{entry.linenum}: {entry.msgid!r}", []
    if entry.obsolete or entry.msgid not in extraction.places:
        return [f"{where} is not in the code any more; {write}."]
    if not entry.msgstr:
        return [f"{where} has no translation."]
    if entry.fuzzy:
        found.append(f"{where} is marked fuzzy; check its translation and remove the mark.")
    expected, given = (sorted(_PLACEHOLDER.findall(text)) for text in (entry.msgid, entry.msgstr))
    if expected != given:
        found.append(f"{where} has the placeholders {expected}, its translation has {given}; both need the same.")
    return found


def write_catalogue(root: Path = ROOT, catalogue: Path = CATALOGUE) -> None:
    """Bring the .po to the texts of the code, keeping what is translated, and compile the .mo."""
    kept = {}
    if catalogue.exists():
        kept = {entry.msgid: entry for entry in polib.pofile(str(catalogue)) if not entry.obsolete}
    po = polib.POFile(wrapwidth=100)
    # No dates: the same texts make the same file, on whatever day.
    po.metadata = {
        "Language": "zh",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for msgid, places in extract(root).places.items():
        old = kept.get(msgid, polib.POEntry(msgid=msgid))
        # Without lines, which change with every edit of the code.
        files = dict.fromkeys(place.rpartition(":")[0] for place in places)
        po.append(
            polib.POEntry(msgid=msgid, msgstr=old.msgstr, flags=old.flags, occurrences=[(file, "") for file in files])
        )
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    po.save(str(catalogue))
    # Read again, as the check does: the .mo is what the file says, not what was in memory.
    catalogue.with_suffix(".mo").write_bytes(polib.pofile(str(catalogue), wrapwidth=100).to_binary())


def main(arguments: list[str]) -> int:
    """Write when told to, then check; 1 when something is to be mended."""
    if arguments not in ([], ["--write"]):
        print(f"Given {' '.join(arguments)!r}; expected nothing or --write.", file=sys.stderr)
        return 2
    if arguments:
        write_catalogue()
    problems = find_problems()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
