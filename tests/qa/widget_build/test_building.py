"""Builds are small, the same every time, named by what is in them, and kept."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from qa.widget_build import LANGUAGES, build, store, stored_file
from qa.widget_build.building import STATIC

ROOT = Path(__file__).resolve().parents[3]
LOADER_LIMIT = 3_000
LIMIT = 20_000
"""Bytes of all script and style after plain `gzip -9`: the loader, the page's boot script, the chat, its styles."""


def test_sizes_stay_within_their_limits() -> None:
    sizes = {name: len(gzip.compress(build().files[name], 9)) for name in ("v1.js", "boot.js", "chat.js", "chat.css")}

    assert sizes["v1.js"] <= LOADER_LIMIT
    assert sum(sizes.values()) <= LIMIT, sizes


def test_same_sources_make_the_same_build() -> None:
    first = build()
    build.cache_clear()
    assert build() == first


def test_integrity_is_what_browsers_check() -> None:
    algorithm, _dash, value = build().integrity("v1.js").partition("-")
    assert (algorithm, len(value)) == ("sha384", 64)


@pytest.mark.parametrize("name", ["v1.js", "boot.js", "chat.js"])
def test_scripts_are_scripts(name: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        assert build().files[name].strip()
        return
    (tmp_path / name).write_bytes(build().files[name])
    subprocess.run([node, "--check", tmp_path / name], check=True)


def test_loader_needs_nothing_that_a_strict_policy_forbids() -> None:
    loader = build().files["v1.js"].decode()
    assert re.findall(r"innerHTML|\beval\b|new Function|\bfetch\(|setAttribute\(\"style\"|[\"'`]data:", loader) == []


def test_stored_build_is_served_for_ever(tmp_path: Path) -> None:
    place = store(build(), tmp_path)
    assert store(build(), tmp_path) == place
    path = stored_file(tmp_path, build().hash, "chat.js")
    assert path is not None
    assert path.read_bytes() == build().files["chat.js"]
    assert gzip.decompress(path.with_name("chat.js.gz").read_bytes()) == build().files["chat.js"]
    (tmp_path / ("0" * 16)).mkdir()
    (tmp_path / ("0" * 16) / "v1.js").write_text("an earlier one")
    assert stored_file(tmp_path, "0" * 16, "v1.js") is not None


@pytest.mark.parametrize(
    ("build_hash", "name"),
    [("..", "secret_key"), ("0" * 16, "v1.js"), ("f" * 15, "v1.js"), ("", "v1.js"), ("0" * 16, "../secret.js")],
)
def test_nothing_else_is_served(tmp_path: Path, build_hash: str, name: str) -> None:
    (tmp_path / "secret_key").write_text("secret")
    assert stored_file(tmp_path, build_hash, name) is None


def test_languages_have_the_same_words() -> None:
    words = {name: json.loads((STATIC / "chat" / "words" / f"{name}.json").read_text()) for name in LANGUAGES}
    english = words["en"]
    holes = {key: sorted(re.findall(r"{\w+}", text)) for key, text in english.items()}
    for name, table in words.items():
        assert list(table) == list(english), name
        assert {key: sorted(re.findall(r"{\w+}", text)) for key, text in table.items()} == holes, name


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    english = json.loads((STATIC / "chat" / "words" / "en.json").read_text())
    sources = [*(STATIC / "chat").glob("*.js"), *(ROOT / "templates" / "qa" / "chat").glob("*.html")]
    code = "\n".join(path.read_text() for path in sources)
    said = set(re.findall(r"\bt\(\s*[\"']([\w.]+)[\"']|data-t(?:-label|-placeholder)?=\"([\w.]+)\"", code))
    named = {one or other for one, other in said}
    families = set(re.findall(r"`(\w+)\.\$\{", code))

    assert sorted(named - set(english)) == []
    endings = set(re.findall(r"`\$\{\w+\}\.(\w+)`", code))
    built = {key for key in english if key.partition(".")[0] in families or key.rpartition(".")[2] in endings}
    unused = [key for key in english if f'"{key}"' not in code and key not in built]
    assert unused == []


def test_brands_name_properties_that_the_build_keeps() -> None:
    brand = (ROOT / "templates" / "qa" / "chat" / "_brand.css").read_text()
    style = build().files["chat.css"].decode()
    for name in set(re.findall(r"--[a-z-]+(?=:)", brand)):
        assert f"var({name})" in style
