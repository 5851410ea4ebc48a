"""Markdown of editors and text of customers → HTML that may stand in any page."""

import nh3
from django.utils.html import escape
from markdown_it import MarkdownIt

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
_TAGS = {
    *("p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "code", "pre", "hr", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


def render_markdown(text: str) -> str:
    """Render CommonMark; raw HTML is shown as text, links open outside and carry no referrer."""
    return nh3.clean(
        _markdown.render(text),
        tags=_TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},  # "*": without it `title` and `lang` pass
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def render_plain(text: str) -> str:
    """Escape a text and keep its line breaks."""
    return escape(text).replace("\n", "<br>")
