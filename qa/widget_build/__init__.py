"""Builds of the widget: the chat's modules linked into one file, minified, named by their hash, kept for ever."""

from qa.widget_build.building import LANGUAGES, STYLES, Build, build, store, stored_file
from qa.widget_build.linking import LinkError, link

__all__ = ["LANGUAGES", "STYLES", "Build", "LinkError", "build", "link", "store", "stored_file"]
