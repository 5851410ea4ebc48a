"""One build: loader, chat, words and styles, minified, compressed, under the hash of them all."""

import base64
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qa.widget_build.linking import link

STATIC = Path(__file__).resolve().parent.parent / "static" / "qa"
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
STYLES = ("base.css", "chat/chat.css", "chat/turns.css", "chat/service.css")
FILE_NAME = re.compile(r"[a-z0-9-]{1,40}\.(?:js|css|json)", re.IGNORECASE)
BRAND_PROPERTIES = frozenset(("--accent", "--accent-hover", "--accent-soft", "--on-accent", "--bubble", "--on-bubble"))
"""What templates/qa/chat/_brand.css sets."""
_PROPERTY = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
HASH = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Build:
    """What browsers load.

    Attributes:
        hash: Of all files, 16 hexadecimal digits; the same sources give the same.
        files: Name → bytes: `v1.js` the loader, `chat.js`, `chat.css`, `boot.js`, and `words-….json` a language each.
    """

    hash: str
    files: Mapping[str, bytes]

    def integrity(self, name: str) -> str:
        """Return a file's value for the attribute `integrity` (SHA-384)."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.files[name]).digest()).decode()

    def compressed_size(self, name: str) -> int:
        """Return how many bytes of a file travel."""
        return len(compress(self.files[name]))


@cache
def build() -> Build:
    """Build the widget from the sources beside this code; once a process."""
    import minify  # a shared object of 14 MB, which only builds need

    files = {
        "v1.js": _script(minify, _read("widget/loader.js")),
        "boot.js": _script(minify, _read("chat/boot.js")),
        "chat.js": _script(minify, link(STATIC / "chat" / "main.js")),
        "chat.css": minify.string("text/css", _shorten_properties("".join(map(_read, STYLES)))),
        **{f"words-{language}.json": _words(language) for language in LANGUAGES},
    }
    encoded = {name: text.encode() for name, text in files.items()}
    return Build(hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16], encoded)


def stored_file(folder: Path, build_hash: str, name: str) -> Path | None:
    """Return a stored build's file, which has its compressed twin beside it; None if there is none.

    A page that pins a build with `integrity` asks for it for years, so builds stay.
    """
    if not HASH.fullmatch(build_hash) or not FILE_NAME.fullmatch(name):
        return None
    path = folder / build_hash / name
    return path if path.exists() else None


def store(built: Build, folder: Path) -> Path:
    """Write a build below a folder, all of it or nothing; return where."""
    place = folder / built.hash
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder))
    for name, content in built.files.items():
        (new / name).write_bytes(content)
        (new / f"{name}.gz").write_bytes(compress(content))
    new.chmod(0o755)
    try:
        os.rename(new, place)  # noqa: PTH104  # refuses a folder that has files, which `replace` of pathlib says less clearly
    except OSError:
        shutil.rmtree(new)  # another process was faster: the same sources made the same files
    return place


def compress(content: bytes) -> bytes:
    """Compress as these files are served, as small as gzip can be."""
    import zopfli.gzip  # only builds need it

    packed: bytes = zopfli.gzip.compress(content)
    return packed


def _script(minify: object, source: str) -> str:
    text: str = minify.string("application/javascript", source)  # type: ignore[attr-defined]  # it ships no types
    return text


def _shorten_properties(style: str) -> str:
    """Rename custom properties, which no minifier dares to; but for those that a brand's own style sets."""
    names = [name for name in dict.fromkeys(_PROPERTY.findall(style)) if name not in BRAND_PROPERTIES]
    short = {name: f"--{chr(ord('a') + number)}" for number, name in enumerate(names)}
    return _PROPERTY.sub(lambda found: short.get(found[0], found[0]), style)


def _words(language: str) -> str:
    return json.dumps(json.loads(_read(f"chat/words/{language}.json")), ensure_ascii=False, separators=(",", ":"))


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
