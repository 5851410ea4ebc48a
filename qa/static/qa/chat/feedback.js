/**
 * `<turn-feedback>`: thumbs under an answer, and why when the thumb is down.
 *
 * The page sets `translate` and `vote`; a click fires `vote` with `{vote, reason}`, which bubbles.
 */

import { el, icon } from "./dom.js";

/** @typedef {import("./strings.js").Translate} Translate */
/** @typedef {import("./votes.js").Vote} Vote */

/** Codes of the `reason` field; their words are in strings.js. */
export const REASONS = ["irrelevant", "incomplete", "unclear", "incorrect"];

export class TurnFeedback extends HTMLElement {
  /** @type {Translate} */
  #t = (key) => key;
  /** @type {Vote | null} */
  #vote = null;
  /** @type {HTMLButtonElement[]} */
  #thumbs = [];
  /** @type {HTMLElement | null} */
  #reasons = null;

  /**
   * Fill the element; once, before it is put on the page.
   *
   * @param {Translate} t
   * @returns {this}
   */
  build(t) {
    this.#t = t;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", t("feedback.label"));
    this.#thumbs = [this.#thumb("up"), this.#thumb("down")];
    this.append(...this.#thumbs);
    return this;
  }

  /** @param {Vote | null} vote */
  set vote(vote) {
    this.#vote = vote;
    for (const thumb of this.#thumbs) thumb.setAttribute("aria-pressed", String(thumb.value === vote?.vote));
    if (vote?.vote !== "down") this.#reasons?.remove();
    else this.#showReasons(vote.reason);
  }

  /**
   * @param {"up" | "down"} vote
   * @returns {HTMLButtonElement}
   */
  #thumb(vote) {
    const label = this.#t(`feedback.${vote}`);
    const attributes = { type: "button", class: "mini", value: vote, "aria-pressed": "false", "aria-label": label };
    const button = el("button", { ...attributes, title: label, "data-testid": `vote-${vote}` }, icon(`thumb-${vote}`));
    button.addEventListener("click", () => this.#vote?.vote === vote || this.#fire({ vote, reason: null }));
    return button;
  }

  /** @param {string | null} chosen */
  #showReasons(chosen) {
    const group = el("div", { class: "reasons", role: "group", "aria-label": this.#t("feedback.why") });
    group.append(el("span", { class: "reasons__why" }, this.#t("feedback.why")));
    for (const reason of REASONS) {
      const pressed = String(reason === chosen);
      const button = el("button", { type: "button", class: "chip", value: reason, "aria-pressed": pressed });
      button.append(this.#t(`feedback.${reason}`));
      button.addEventListener("click", () => this.#fire({ vote: "down", reason }));
      group.append(button);
    }
    const focused = this.#reasons?.contains(document.activeElement) ? chosen : null;
    if (this.#reasons?.isConnected) this.#reasons.replaceWith(group);
    else this.append(group);
    this.#reasons = group;
    // The button that was clicked has just been replaced; the keyboard must not lose its place.
    if (focused) /** @type {HTMLElement | null} */ (group.querySelector(`[value="${focused}"]`))?.focus();
  }

  /** @param {Vote} vote */
  #fire(vote) {
    this.dispatchEvent(new CustomEvent("vote", { detail: vote, bubbles: true }));
  }
}

customElements.define("turn-feedback", TurnFeedback);
