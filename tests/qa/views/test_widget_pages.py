"""A widget's page lets its own origins embed it and sets no cookie; its files are cached for ever under their hash."""

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from qa.models import KnowledgeBase, Widget
from qa.selectors import snippet_of
from qa.services.demonstration import let_demo_stand_at
from qa.widget_build import build


@pytest.fixture
def widget(knowledge_base: KnowledgeBase, settings: Settings, tmp_path: Path) -> Widget:
    settings.VAR_DIR = tmp_path
    return Widget.objects.create(name="shop", knowledge_base=knowledge_base, origins="https://shop.example")


def policy(client: Client, path: str) -> dict[str, str]:
    """Fetch a page and read its policy."""
    header = client.get(path).headers["Content-Security-Policy"]
    return dict(part.split(" ", 1) for part in header.split("; "))


@pytest.mark.parametrize(
    ("origins", "ancestors"),
    [
        ("", "'none'"),
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example:443\nhttp://localhost:8080", "https://shop.example http://localhost:8080"),
        ("https://商店.example", "https://xn--czrs0t.example"),
    ],
)
def test_only_its_own_origins_may_embed_it(client: Client, widget: Widget, origins: str, ancestors: str) -> None:
    widget.origins = origins
    widget.save()
    assert policy(client, f"/chat/{widget.key}/")["frame-ancestors"] == ancestors


def test_page_allows_only_what_is_ours(client: Client, widget: Widget) -> None:
    said = policy(client, f"/chat/{widget.key}/")
    assert said["default-src"] == "'self'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{22}'", said["style-src"])


def test_page_sets_no_cookie_and_no_frame_options(client: Client, widget: Widget) -> None:
    response = client.get(f"/chat/{widget.key}/?embedded")
    assert response.status_code == 200
    assert response.cookies == {}
    assert "X-Frame-Options" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"


def test_nonces_differ(client: Client, widget: Widget) -> None:
    assert policy(client, f"/chat/{widget.key}/") != policy(client, f"/chat/{widget.key}/")


def test_chat_at_the_root_stays_unframed(client: Client, widget: Widget) -> None:
    response = client.get("/")
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("is_known", [True, False])
def test_unknown_and_inactive_widgets_say_so(client: Client, widget: Widget, is_known: bool) -> None:
    widget.is_active = False
    widget.save()
    response = client.get(f"/chat/{widget.key if is_known else 'nobody'}/", headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert "This chat is not available" in response.content.decode()


def test_texts_can_not_break_out_of_the_page(client: Client, widget: Widget) -> None:
    widget.title_zh = '"><script>alert(1)</script>'
    widget.save()
    assert "<script>alert" not in client.get(f"/chat/{widget.key}/").content.decode()


def test_loader_is_short_lived_and_answers_its_etag(client: Client, widget: Widget) -> None:
    first = client.get("/widget/v1.js")
    assert first.content == build().files["v1.js"]
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = client.get("/widget/v1.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["v1.js", "chat.js", "chat.css", "words-en.json"])
def test_hashed_files_are_immutable_open_and_compressed(client: Client, widget: Widget, name: str) -> None:
    response = client.get(f"/widget/{build().hash}/{name}", headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(response.content) == build().files[name]
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Vary"].startswith("Accept-Encoding")


@pytest.mark.parametrize("path", ["/widget/0000000000000000/v1.js", "/widget/%2e%2e/secret_key", "/widget/x/y"])
def test_other_files_are_not_there(client: Client, widget: Widget, path: str) -> None:
    assert client.get(path).status_code == 404


def test_snippet_names_the_look_and_pins_a_build(widget: Widget) -> None:
    widget.side, widget.locale = Widget.Side.LEFT, Widget.Locale.TRADITIONAL
    plain = snippet_of(widget, url="https://chat.example/")
    assert plain == (
        f'<script async src="https://chat.example/widget/v1.js" data-widget="{widget.key}" data-color="#0b6e99"'
        ' data-side="left" data-locale="zh-Hant"></script>'
    )
    pinned = snippet_of(widget, url="https://chat.example", pinned=build())
    assert f'src="https://chat.example/widget/{build().hash}/v1.js"' in pinned
    assert f'integrity="{build().integrity("v1.js")}" crossorigin="anonymous"' in pinned


def test_demo_is_there_with_the_demonstration_only(client: Client, widget: Widget) -> None:
    assert client.get("/widget/demo/").status_code == 404
    KnowledgeBase.objects.update(slug="lanchuan")
    let_demo_stand_at(origins=["http://127.0.0.1:9000"])
    page = client.get("/widget/demo/").content.decode()
    assert f'data-widget="{widget.key}"' in page
    widget.refresh_from_db()
    assert widget.origin_list == ["https://shop.example", "http://127.0.0.1:9000"]
