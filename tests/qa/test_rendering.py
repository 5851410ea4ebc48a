"""Markdown and plain text: what editors mean is shown, what attackers mean is not run."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.rendering import render_markdown, render_plain


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**马上**离开", "<p><strong>马上</strong>离开</p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("### a", "<h3>a</h3>\n"),
        ("`a<b`", "<p><code>a&lt;b</code></p>\n"),
        (
            "|a|\n|-|\n|b|",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>\n",
        ),
        ("", ""),
    ],
)
def test_render_markdown(markdown: str, html: str) -> None:
    assert render_markdown(markdown) == html


@pytest.mark.parametrize("address", ["https://a.example/", "http://a.example/", "mailto:a@b.example", "tel:400"])
def test_render_markdown_links_open_outside(address: str) -> None:
    html = render_markdown(f"[x]({address})")
    assert f'href="{address}"' in html
    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/track.png)",
    '[x](https://a.example/ "onmouseover=alert(1)")',
    '[x](https://a.example/"onclick="alert(1))',
    "<iframe src=//evil.example></iframe>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed'>x</p>",
    "<form action=//evil.example><button>x</button></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<!--<img src=x onerror=alert(1)>-->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "```html\n<script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "# <script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "[a]: javascript:alert(1)\n\n[a]",
    "\0<script>alert(1)</script>",
]
# An address without a scheme stays on our own site.
ALLOWED = re.compile(
    r"</?(p|br|strong|em|ul|ol|li|blockquote|code|pre|hr|h[3-6]|table|thead|tbody|tr|th|td)>|</a>"
    r'|<ol start="\d+">'
    r'|<a( href="((https?|mailto|tel):|(?![a-z][a-z0-9+.-]*:))[^"<>]*")?( title="[^"<>]*")?'
    r' target="_blank" rel="noopener noreferrer nofollow">',
    re.IGNORECASE,
)


def foreign_tags(html: str) -> list[str]:
    return [tag for tag in re.findall(r"<[^>]*>?", html) if not ALLOWED.fullmatch(tag)]


@pytest.mark.parametrize("attack", ATTACKS)
def test_render_markdown_lets_nothing_run(attack: str) -> None:
    assert foreign_tags(render_markdown(attack)) == []
    assert "<" not in render_plain(attack).replace("<br>", "")


@given(st.text() | st.lists(st.sampled_from([*ATTACKS, "<", ">", '"', "[", "](", ")", "\n", "`", "a"])).map("".join))
def test_render_any_text_gives_allowed_tags_only(text: str) -> None:
    # Lone surrogates never get this far: neither JSON nor a form lets them in.
    text = text.encode("utf-8", "replace").decode()
    assert foreign_tags(render_markdown(text)) == []
    assert foreign_tags(render_plain(text)) == []


@pytest.mark.parametrize(
    ("text", "html"),
    [("a\nb", "a<br>b"), ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"), ("", ""), ("**a**", "**a**")],
)
def test_render_plain(text: str, html: str) -> None:
    assert render_plain(text) == html
