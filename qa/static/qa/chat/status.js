/**
 * What the page says about itself: connection state, banner, toasts, the typing indicator.
 *
 * All of it is read aloud through one polite region; the visible parts are no live regions, so that
 * nothing is read twice.
 */

import { need } from "./dom.js";

/** @typedef {import("./socket.js").State} State */
/** @typedef {import("./strings.js").Translate} Translate */

const TOAST_MS = 6000;
const BANNER_DELAY_MS = 1500; // a blink of the network is nobody's business
const TYPING_DELAY_MS = 300; // most answers are faster: no flicker
const TYPING_SAID_MS = 2000;
const TYPING_MAX_MS = 30_000;
const BANNER_CODES = [1008, 1009, 1012, 4401, "refused"];

export class Status {
  /** @type {Translate} */
  t = (key) => key;
  /** @type {() => void} what to do when the page has grown at the bottom */
  onGrowth = () => {};
  #announcer = need("#announcer", HTMLElement);
  #state = need("#state", HTMLElement);
  #banner = need("#banner", HTMLElement);
  #toast = need("#toast", HTMLElement);
  #typing = need("#typing", HTMLElement);
  /** @type {{state: State, code: number | string | null}} */
  #shown = { state: "idle", code: null };
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */
  #timers = {};
  #wasLost = false;
  #awaited = "";

  /** @param {string} text to be read aloud, politely */
  announce(text) {
    this.#announcer.textContent = text;
    // Emptied, so that the same words said again are a change again.
    this.#later("announce", 3000, () => (this.#announcer.textContent = ""));
  }

  /** @param {string} text to be shown for a while and read aloud */
  toast(text) {
    this.#toast.textContent = text;
    this.#toast.hidden = false;
    this.announce(text);
    this.#later("toast", TOAST_MS, () => (this.#toast.hidden = true));
  }

  /**
   * Show the connection's state; say it only when it lasts.
   *
   * @param {State} state
   * @param {number | string | null} code
   */
  connection(state, code) {
    // While trying again the reason of the loss stays on the page.
    this.#shown = { state, code: state === "connecting" ? this.#shown.code : code };
    this.refresh();
    if (state === "online") this.#found();
    else if (state !== "connecting") this.#later("banner", this.#delay(state, code), () => this.#lost());
  }

  /** Show the same again, in the page's language of now. */
  refresh() {
    const { state } = this.#shown;
    this.#state.dataset.state = state;
    const label = this.#state.querySelector("span");
    if (label) label.textContent = state === "idle" ? "" : this.t(`state.${state}`);
    const words = this.#banner.querySelector("span");
    if (words) words.textContent = this.#bannerWords();
  }

  /**
   * Show that an answer is awaited.
   *
   * @param {boolean} isAwaited
   * @param {string} [key] of the words
   */
  typing(isAwaited, key = "typing.bot") {
    const awaited = isAwaited ? key : "";
    if (awaited === this.#awaited) return;
    this.#awaited = awaited;
    this.#typing.classList.toggle("typing--agent", key === "typing.agent");
    for (const name of ["typing", "said", "typed"]) clearTimeout(this.#timers[name]);
    if (!isAwaited) {
      this.#typing.hidden = true;
      return;
    }
    this.#later("typing", TYPING_DELAY_MS, () => this.#showTyping(key));
    this.#later("said", TYPING_SAID_MS, () => this.announce(this.t(key)));
    this.#later("typed", TYPING_MAX_MS, () => (this.#typing.hidden = true));
  }

  /** Take a toast away that time has answered. */
  hideToast() {
    this.#toast.hidden = true;
  }

  /** @param {string} key */
  #showTyping(key) {
    const words = this.#typing.querySelector("span.typing__words");
    if (words) words.textContent = this.t(key);
    this.#typing.hidden = false;
    this.onGrowth();
  }

  /**
   * @param {State} state
   * @param {number | string | null} code
   */
  #delay(state, code) {
    const isPlain = state === "waiting" && !BANNER_CODES.includes(code ?? "");
    return isPlain && this.#banner.hidden ? BANNER_DELAY_MS : 0;
  }

  #lost() {
    const words = this.#bannerWords();
    if (this.#shown.state === "online") return;
    if (this.#banner.hidden) this.announce(words);
    this.#banner.hidden = false;
    this.#wasLost = true;
    this.refresh();
    this.onGrowth();
  }

  #found() {
    clearTimeout(this.#timers.banner);
    this.#shown.code = null;
    this.#banner.hidden = true;
    if (this.#wasLost) this.announce(this.t("state.back"));
    this.#wasLost = false;
  }

  #bannerWords() {
    const { state, code } = this.#shown;
    if (BANNER_CODES.includes(code ?? "")) return this.t(`close.${code}`);
    return this.t(state === "offline" ? "banner.offline" : "banner.waiting");
  }

  /**
   * @param {string} name
   * @param {number} delayMs
   * @param {() => void} then
   */
  #later(name, delayMs, then) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(then, delayMs);
  }
}
