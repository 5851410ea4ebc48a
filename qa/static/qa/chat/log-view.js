/**
 * The conversation on the page: lines in order, day separators, scrolling, and what is read aloud.
 */

import { el, html, need } from "./dom.js";
import { t } from "./strings.js";
import { buildTurn, updateTurn } from "./turn-view.js";

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

const BOTTOM_SLACK_PX = 64;
const LONG_SHARE = 0.8; // an answer above this share of the view is shown from its top
const DAY_MS = 86_400_000;

/** @param {Surroundings} page */
export function showLog(page) {
  const scroller = need("#scroller", HTMLElement);
  const log = need("#log", HTMLElement);
  const pill = need("#pill", HTMLButtonElement);
  /** @type {Map<string, HTMLElement>} */
  let nodes = new Map();
  let unread = 0;
  let follows = true;
  let lastTop = 0;

  scroller.addEventListener("scroll", scrolled, { passive: true });
  pill.onclick = toBottom;
  // The keyboard of a phone, a growing text box or a loaded picture must not hide the last line.
  new ResizeObserver(follow).observe(scroller);

  /** Show the end, and keep it in view. */
  function toBottom() {
    follows = true;
    unread = 0;
    showPill();
    scrollTo(scroller.scrollHeight);
  }

  /** Keep the end in view after something below the lines has grown, if it was in view. */
  function follow() {
    if (follows && nodes.size > 0) scroller.scrollTop = scroller.scrollHeight;
  }

  /**
   * Show the items: new lines are built, known ones updated, gone ones removed.
   *
   * @param {readonly Item[]} items
   * @param {boolean} isLive - false for a replay: nothing is announced and the end is shown at once
   */
  function show(items, isLive) {
    log.ariaLive = isLive ? "polite" : "off";
    const fresh = items.filter(({ key }) => !nodes.has(key));
    const wanted = arrange(items);
    for (const [key, node] of nodes) if (!wanted.has(key)) node.remove();
    let place = log.firstElementChild;
    for (const node of wanted.values()) {
      if (node === place) place = place.nextElementSibling;
      else log.insertBefore(node, place);
    }
    nodes = wanted;
    for (const item of items) updateTurn(/** @type {HTMLElement} */ (nodes.get(item.key)), item, page);
    if (isLive) reveal(fresh);
    else follow();
  }

  /**
   * @param {readonly Item[]} items
   * @returns {Map<string, HTMLElement>} lines and day separators, in order
   */
  function arrange(items) {
    /** @type {Map<string, HTMLElement>} */
    const wanted = new Map();
    let day = "";
    for (const item of items) {
      const at = new Date(item.turn?.at ?? item.parcel?.at ?? Date.now());
      const key = `day-${at.toDateString()}`;
      if (key !== day && !wanted.has(key)) wanted.set(key, nodes.get(key) ?? separator(at));
      day = key;
      wanted.set(item.key, nodes.get(item.key) ?? buildTurn(item, page));
    }
    return wanted;
  }

  /** Scroll to new lines, or count them for a reader who is elsewhere. @param {readonly Item[]} fresh */
  function reveal(fresh) {
    const last = fresh.at(-1);
    if (!last) return;
    const node = /** @type {HTMLElement} */ (nodes.get(last.key));
    const isLong = node.offsetHeight > scroller.clientHeight * LONG_SHARE;
    if (!last.turn || (follows && !isLong)) return toBottom();
    if (follows) {
      follows = false;
      return scrollTo(node.offsetTop - 12);
    }
    unread += fresh.filter(({ turn }) => turn?.role !== "customer").length;
    showPill();
  }

  /** @param {number} top */
  function scrollTo(top) {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scroller.scrollTo({ top, behavior: isStill ? "instant" : "smooth" });
  }

  function scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = scroller;
    // On the way down (a smooth scroll of our own) nothing changes; only the way up is the reader's wish.
    if (scrollHeight - scrollTop - clientHeight < BOTTOM_SLACK_PX) follows = true;
    else if (scrollTop < lastTop) follows = false;
    lastTop = scrollTop;
    if (follows) unread = 0;
    showPill();
  }

  function showPill() {
    pill.hidden = unread === 0;
    need("#pill span", HTMLElement).textContent = t("log.new", { count: unread });
  }

  return {
    show,
    follow,
    toBottom,

    /** Build every line anew, in the page's new language, without reading it all aloud. @param {readonly Item[]} items */
    rebuild(items) {
      log.replaceChildren();
      nodes.clear();
      show(items, false);
      showPill();
    },
  };
}

/** @param {Date} at */
function separator(at) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / DAY_MS);
  const named = { 0: t("log.today"), 1: t("log.yesterday") }[days];
  return el("p", { class: "day" }, el("span", {}, named ?? at.toLocaleDateString(html.lang, { dateStyle: "long" })));
}
