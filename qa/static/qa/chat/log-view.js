/**
 * The conversation on the page: lines in order, day separators, scrolling, and what is read aloud.
 */

import { el } from "./dom.js";
import { buildTurn, updateTurn } from "./turn-view.js";

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

const BOTTOM_SLACK_PX = 64;
const LONG_SHARE = 0.8; // an answer above this share of the view is shown from its top
const DAY_MS = 86_400_000;

export class LogView {
  #scroller;
  #log;
  #pill;
  /** @type {Surroundings} */
  #page;
  /** @type {Map<string, HTMLElement>} */
  #nodes = new Map();
  #unread = 0;
  #follows = true;
  #lastTop = 0;

  /**
   * @param {{scroller: HTMLElement, log: HTMLElement, pill: HTMLButtonElement, page: Surroundings}} parts
   */
  constructor({ scroller, log, pill, page }) {
    this.#scroller = scroller;
    this.#log = log;
    this.#pill = pill;
    this.#page = page;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    pill.addEventListener("click", () => this.toBottom());
    // The keyboard of a phone, a growing text box or a loaded picture must not hide the last line.
    new ResizeObserver(() => this.#follows && this.#jump()).observe(scroller);
  }

  /**
   * Show the items: new lines are built, known ones updated, gone ones removed.
   *
   * @param {readonly Item[]} items
   * @param {boolean} isLive - false for a replay: nothing is announced and the end is shown at once
   */
  show(items, isLive) {
    this.#log.setAttribute("aria-live", isLive ? "polite" : "off");
    const fresh = items.filter(({ key }) => !this.#nodes.has(key));
    const wanted = this.#wanted(items);
    for (const [key, node] of this.#nodes) if (!wanted.has(key)) node.remove();
    let place = this.#log.firstElementChild;
    for (const node of wanted.values()) {
      if (node === place) place = place.nextElementSibling;
      else this.#log.insertBefore(node, place);
    }
    this.#nodes = wanted;
    for (const item of items) updateTurn(/** @type {HTMLElement} */ (wanted.get(item.key)), item, this.#page);
    this.#settle(fresh, isLive);
  }

  /** Build every line anew, in the page's new language, without reading it all aloud. @param {readonly Item[]} items */
  rebuild(items) {
    this.#log.setAttribute("aria-live", "off");
    this.#log.replaceChildren();
    this.#nodes = new Map();
    this.show(items, false);
    this.#showPill();
  }

  toBottom() {
    this.#follows = true;
    this.#unread = 0;
    this.#showPill();
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: motion() });
  }

  /** Keep the end in view after something below the lines has grown, if it was in view. */
  follow() {
    if (this.#follows) this.#jump();
  }

  /**
   * @param {readonly Item[]} items
   * @returns {Map<string, HTMLElement>} lines and day separators, in order
   */
  #wanted(items) {
    /** @type {Map<string, HTMLElement>} */
    const wanted = new Map();
    let day = "";
    for (const item of items) {
      const at = new Date(item.turn?.at ?? item.parcel?.at ?? Date.now());
      const key = `day-${at.toDateString()}`;
      if (key !== day && !wanted.has(key)) wanted.set(key, this.#nodes.get(key) ?? this.#separator(at));
      day = key;
      wanted.set(item.key, this.#nodes.get(item.key) ?? buildTurn(item, this.#page));
    }
    return wanted;
  }

  /** @param {Date} at */
  #separator(at) {
    const { t, locale } = this.#page;
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / DAY_MS);
    const named = { 0: t("log.today"), 1: t("log.yesterday") }[days];
    const text = named ?? new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(at);
    return el("p", { class: "day" }, el("span", {}, text));
  }

  /**
   * Decide where to scroll after new lines.
   *
   * @param {readonly Item[]} fresh
   * @param {boolean} isLive
   */
  #settle(fresh, isLive) {
    if (!isLive) return this.follow();
    const last = fresh.at(-1);
    if (!last) return;
    if (last.turn === null) return this.toBottom();
    if (this.#follows) return this.#reveal(/** @type {HTMLElement} */ (this.#nodes.get(last.key)));
    this.#unread += fresh.filter(({ turn }) => turn?.role !== "customer").length;
    this.#showPill();
  }

  /** @param {HTMLElement} node */
  #reveal(node) {
    const isLong = node.offsetHeight > this.#scroller.clientHeight * LONG_SHARE;
    if (!isLong) return this.toBottom();
    this.#follows = false;
    this.#scroller.scrollTo({ top: node.offsetTop - 12, behavior: motion() });
  }

  #jump() {
    if (this.#nodes.size > 0) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    // On the way down (a smooth scroll of our own) nothing changes; only the way up is the reader's wish.
    if (scrollHeight - scrollTop - clientHeight < BOTTOM_SLACK_PX) this.#follows = true;
    else if (scrollTop < this.#lastTop) this.#follows = false;
    this.#lastTop = scrollTop;
    if (this.#follows) this.#unread = 0;
    this.#showPill();
  }

  #showPill() {
    this.#pill.hidden = this.#unread === 0;
    const words = this.#page.t("log.new", { count: this.#unread });
    const label = this.#pill.querySelector("span");
    if (label) label.textContent = words;
  }
}

/** @returns {ScrollBehavior} */
function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
}
