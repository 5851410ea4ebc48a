/**
 * Canned replies: "/" at the beginning of a message lists them, arrows and Enter choose one.
 */

import { el, need } from "../chat/dom.js";
import { word } from "../learning/words.js";

/** @typedef {{shortcut: string, text: string}} Reply */

const MAX_SHOWN = 8;
const list = need("#canned", HTMLUListElement);

export class Canned {
  /** @type {Reply[]} */
  replies = [];
  /** @type {Reply[]} */
  #found = [];
  #place = 0;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {(words: string) => void} announce
   */
  constructor(field, announce) {
    this.field = field;
    this.announce = announce;
    field.addEventListener("blur", () => this.hide()); // a press on a reply leaves the focus where it is
  }

  /** Show what fits the field's text; whoever writes no "/" sees none. */
  refresh() {
    const typed = /^\/(\S*)$/.exec(this.field.value)?.[1]?.toLowerCase();
    if (typed === undefined) return this.hide();
    const begins = this.replies.filter((reply) => reply.shortcut.toLowerCase().startsWith(typed));
    const holds = this.replies.filter((reply) => !begins.includes(reply) && reply.text.toLowerCase().includes(typed));
    this.#found = [...begins, ...holds].slice(0, MAX_SHOWN);
    this.#place = 0;
    this.#show();
    this.announce(word("canned-found", { count: this.#found.length }));
  }

  hide() {
    this.#found = [];
    this.#show();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was for the list */
  press(event) {
    if (!this.#found.length) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#place = (this.#place + step + this.#found.length) % this.#found.length;
      this.#show();
    } else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#found[this.#place]);
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** @param {Reply} reply */
  #take(reply) {
    this.field.value = reply.text;
    this.field.focus();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #show() {
    list.hidden = this.#found.length === 0;
    list.replaceChildren(
      ...this.#found.map((reply, place) => {
        const option = el(
          "li",
          { role: "option", id: `canned-${place}`, "aria-selected": String(place === this.#place) },
          el("b", {}, `/${reply.shortcut}`),
          el("span", {}, reply.text),
        );
        option.addEventListener("mousedown", (event) => {
          event.preventDefault(); // the field keeps the focus
          this.#take(reply);
        });
        return option;
      }),
    );
    if (this.#found.length) this.field.setAttribute("aria-activedescendant", `canned-${this.#place}`);
    else this.field.removeAttribute("aria-activedescendant");
    list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }
}
