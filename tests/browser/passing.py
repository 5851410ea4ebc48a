"""What a page shows for some seconds only: a mark stays on it, so that no look comes too late."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, expect

WATCH = """
(node, words) => {
  delete node.dataset.shown;
  const watcher = new MutationObserver(() => {
    if (!node.checkVisibility() || !node.textContent.includes(words)) return;
    watcher.disconnect();
    node.dataset.shown = words;
  });
  watcher.observe(node, { attributes: true, attributeFilter: ["hidden"], childList: true, characterData: true, subtree: true });
}
"""


@contextmanager
def shows(place: Locator, words: str = "") -> Iterator[None]:
    """Expect that an element is shown, with these words in it, because of what is done in the block.

    It may be hidden again before anybody looks; it has to stay in the document.
    """
    place.evaluate(WATCH, words)
    yield
    expect(place).to_have_attribute("data-shown", words)
