/**
 * What the page says about itself: connection state, banner, toasts, the typing indicator.
 *
 * All of it is read aloud through one polite region; the visible parts are no live regions, so that
 * nothing is read twice.
 */

import { need } from "./dom.js";
import { t } from "./strings.js";

/** @typedef {import("./socket.js").State} State */
/** @typedef {ReturnType<typeof showStatus>} Status */

const TOAST_MS = 6000;
const SAID_MS = 3000;
const BANNER_DELAY_MS = 1500; // a blink of the network is nobody's business
const TYPING_DELAY_MS = 300; // most answers are faster: no flicker
const TYPING_SAID_MS = 2000;
const TYPING_MAX_MS = 30_000;
const BANNER_CODES = /^(1008|1009|1012|4401|refused)$/;

/** @param {() => void} grown - what to do when the page has grown at the bottom */
export function showStatus(grown) {
  const announcer = need("#announcer", HTMLElement);
  const place = need("#state", HTMLElement);
  const banner = need("#banner", HTMLElement);
  const toastLine = need("#toast", HTMLElement);
  const indicator = need("#typing", HTMLElement);
  /** @type {State} */
  let shown = "idle";
  /** @type {number | string | null} */
  let reason = null;
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */
  const timers = {};
  let wasLost = false;
  let awaited = "";

  /** @param {string} text to be read aloud, politely */
  function announce(text) {
    announcer.textContent = text;
    // Emptied, so that the same words said again are a change again.
    later("announce", SAID_MS, () => (announcer.textContent = ""));
  }

  /** Show the same again, in the page's language of now. */
  function refresh() {
    place.dataset.state = shown;
    need("#state span", HTMLElement).textContent = shown === "idle" ? "" : t(`state.${shown}`);
    need("#banner span", HTMLElement).textContent = isWorthSaying()
      ? t(`close.${reason}`)
      : t(shown === "offline" ? "banner.offline" : "banner.waiting");
  }

  function isWorthSaying() {
    return BANNER_CODES.test(String(reason));
  }

  function lost() {
    refresh();
    if (banner.hidden) announce(need("#banner span", HTMLElement).textContent ?? "");
    banner.hidden = false;
    wasLost = true;
    grown();
  }

  /** Take a toast away that time has answered. */
  function hideToast() {
    toastLine.hidden = true;
  }

  /**
   * @param {string} name
   * @param {number} delayMs
   * @param {() => void} then
   */
  function later(name, delayMs, then) {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(then, delayMs);
  }

  return {
    announce,
    refresh,
    hideToast,

    /** @param {string} text to be shown for a while and read aloud */
    toast(text) {
      toastLine.textContent = text;
      toastLine.hidden = false;
      announce(text);
      later("toast", TOAST_MS, hideToast);
    },

    /**
     * Show the connection's state; say it only when it lasts.
     *
     * @param {State} state
     * @param {number | string | null} code
     */
    connection(state, code) {
      shown = state;
      // While trying again the reason of the loss stays on the page.
      if (state !== "connecting") reason = code;
      refresh();
      if (state === "online") {
        clearTimeout(timers.banner);
        banner.hidden = true;
        if (wasLost) announce(t("state.back"));
        wasLost = false;
      } else if (state !== "connecting") {
        const isBlink = state === "waiting" && banner.hidden && !isWorthSaying();
        later("banner", isBlink ? BANNER_DELAY_MS : 0, lost);
      }
    },

    /**
     * Show that an answer is awaited.
     *
     * @param {boolean} isAwaited
     * @param {string} key of the words
     */
    typing(isAwaited, key) {
      const next = isAwaited ? key : "";
      if (next === awaited) return;
      awaited = next;
      indicator.classList.toggle("typing--agent", key === "typing.agent");
      for (const name of ["typing", "said", "typed"]) clearTimeout(timers[name]);
      if (!isAwaited) {
        indicator.hidden = true;
        return;
      }
      later("typing", TYPING_DELAY_MS, () => {
        need(".typing__words", HTMLElement).textContent = t(key);
        indicator.hidden = false;
        grown();
      });
      later("said", TYPING_SAID_MS, () => announce(t(key)));
      later("typed", TYPING_MAX_MS, () => (indicator.hidden = true));
    },
  };
}
