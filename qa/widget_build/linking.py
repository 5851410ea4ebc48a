"""Links plain ES modules into one script, by convention rather than by parsing.

What is understood: named imports from `./name.js`, named exports of declarations, declarations at the beginning of a
line. All else is an error that says so; a second reader of the language would be a bundler, and this house has none.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_IMPORT = re.compile(r'^import (?:\{(?P<names>[^}]*)\} from )?"\./(?P<path>[\w-]+\.js)";\n', re.MULTILINE)
_ANY_IMPORT = re.compile(r"^import\b.*|\bimport\.meta\b|\bimport\(\s*[\"'`]", re.MULTILINE)
_DECLARATION = re.compile(
    r"^(?P<export>export )?(?:async )?(?:function\*?|class|const|let|var) (?P<name>[A-Za-z_$][\w$]*)", re.MULTILINE
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)
_UNREADABLE = re.compile(r"^export\b.*|^(?:const|let|var) [\[{].*", re.MULTILINE)
_COMMENT = re.compile(r"/\*\*(?:.|\n)*?\*/|^ *//.*$", re.MULTILINE)


class LinkError(ValueError):
    """Raised when modules can't be linked: the text says which line, and what would be understood."""


@dataclass(frozen=True)
class Module:
    """One file, without its imports and the word `export`."""

    path: Path
    body: str
    imports: dict[str, tuple[str, ...]]
    declared: tuple[str, ...]
    exported: frozenset[str]


def link(entry: Path) -> str:
    """Return a module with all that it imports as one script in a function of its own.

    Raises:
        LinkError: Something is written that this linker does not understand, imports go in a
            circle, or two modules declare the same name.
    """
    modules: dict[str, Module] = {}
    _collect(entry, modules, ())
    _check_names(modules)
    bodies = "\n".join(module.body for module in modules.values())
    # An async function: a module may wait at its top level, a script may not.
    return f'(async () => {{\n"use strict";\n{bodies}}})();\n'


def _collect(path: Path, modules: dict[str, Module], importers: tuple[str, ...]) -> None:
    if path.name in importers:
        raise LinkError(f"{' → '.join([*importers, path.name])} is a circle; move what both need into a third module.")
    if path.name in modules:
        return
    module = read_module(path)
    for name in module.imports:
        _collect(path.parent / name, modules, (*importers, path.name))
    # After what it imports: dictionaries keep their order.
    modules[path.name] = module


def read_module(path: Path) -> Module:
    """Read one file.

    Raises:
        LinkError: It is missing, or holds an import or export that is not understood.
    """
    if not path.exists():
        raise LinkError(f"{path} is imported and does not exist.")
    source = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    imports: dict[str, tuple[str, ...]] = {}
    for found in _IMPORT.finditer(source):
        names = tuple(name.strip() for name in (found["names"] or "").split(",") if name.strip())
        imports[found["path"]] = (*imports.get(found["path"], ()), *names)
    declarations = list(_DECLARATION.finditer(source))
    body = _EXPORT.sub("", _IMPORT.sub("", source).replace("export {};\n", ""))
    for pattern in (_ANY_IMPORT, _UNREADABLE):
        if wrong := pattern.search(body):
            raise LinkError(
                f'{path.name}: "{wrong[0].strip()}" is not understood. Write import {{ name }} from "./module.js"; '
                "export const, function or class; and one declaration a name."
            )
    exported = frozenset(found["name"] for found in declarations if found["export"])
    return Module(path, body, imports, tuple(found["name"] for found in declarations), exported)


def _check_names(modules: dict[str, Module]) -> None:
    owners: dict[str, str] = {}
    for file, module in modules.items():
        for name in module.declared:
            if name in owners:
                raise LinkError(f"{name} is declared in {owners[name]} and in {file}; rename one of them.")
            owners[name] = file
        for source, names in module.imports.items():
            if missing := sorted(set(names) - modules[source].exported):
                raise LinkError(f"{file} imports {', '.join(missing)} from {source}, which does not export it.")
