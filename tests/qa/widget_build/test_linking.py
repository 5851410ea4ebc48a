"""Modules become one script, or the linker says which line it does not understand."""

from pathlib import Path

import pytest

from qa.widget_build import LinkError, link
from qa.widget_build.building import STATIC


def write(folder: Path, **modules: str) -> Path:
    """Write modules; `main` is the entry."""
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "main.js"


def test_modules_follow_what_they_import_once(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        main='import { a } from "./a.js";\nimport { b } from "./b.js";\nrun(a, b);\n',
        a='import { b } from "./b.js";\nexport const a = b + 1;\n',
        b="export const b = 1;\n",
    )
    assert link(entry) == ('(async () => {\n"use strict";\nconst b = 1;\n\nconst a = b + 1;\n\nrun(a, b);\n})();\n')


def test_comments_are_no_code(tmp_path: Path) -> None:
    entry = write(tmp_path, main='/** import { x } from "./nowhere.js"; */\n// export default 1;\nrun();\n')
    assert "nowhere" not in link(entry)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('import x from "./a.js";', "not understood"),
        ('import * as x from "./a.js";', "not understood"),
        ('import { a } from "pkg";', "not understood"),
        ('const x = import("./a.js");', "not understood"),
        ("const x = import.meta.url;", "not understood"),
        ("export default 1;", "not understood"),
        ('export { a } from "./a.js";', "not understood"),
        ("const { a, b } = c;", "not understood"),
        ('import { missing } from "./a.js";', "does not export"),
        ('import { a } from "./nowhere.js";', "does not exist"),
        ("const taken = 2;", "declared in"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, line: str, words: str) -> None:
    entry = write(
        tmp_path, main=f'import {{ a }} from "./a.js";\n{line}\n', a="export const a = 1;\nconst taken = 1;\n"
    )
    with pytest.raises(LinkError, match=words):
        link(entry)


def test_circle_is_named(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        main='import { a } from "./a.js";\n',
        a='import { b } from "./b.js";\nexport const a = 1;\n',
        b='import { a } from "./a.js";\nexport const b = 1;\n',
    )
    with pytest.raises(LinkError, match="a.js → b.js → a.js"):
        link(entry)


def test_the_chat_links() -> None:
    assert "import " not in link(STATIC / "chat" / "main.js").replace("import(", "")
