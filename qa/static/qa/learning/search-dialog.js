/**
 * Search for another entry: a combobox in a dialog, by keyboard from "/" to Enter.
 */

import { el, need } from "../chat/dom.js";

const PAUSE_MS = 120;

export class SearchDialog {
  /**
   * @param {import("./api.js").Api} api
   * @param {(entry: string) => void} choose
   * @param {(error: unknown) => void} refuse
   */
  constructor(api, choose, refuse) {
    this.api = api;
    this.choose = choose;
    this.refuse = refuse;
    this.dialog = need("#search", HTMLDialogElement);
    this.input = need("#search-words", HTMLInputElement);
    this.found = need("#found", HTMLElement);
    this.none = need("#found-none", HTMLElement);
    this.language = "";
    this.asked = 0;
    this.place = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.#search(), PAUSE_MS);
    });
    this.input.addEventListener("keydown", (event) => this.#press(event));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  /** @param {string} language Of the utterance. */
  open(language) {
    this.language = language;
    this.input.value = "";
    this.#show([], true);
    this.dialog.showModal();
    this.input.focus();
  }

  async #search() {
    const words = this.input.value.trim();
    const number = ++this.asked;
    try {
      const entries = words ? (await this.api.search(words, this.language)).entries : [];
      if (number === this.asked) this.#show(entries, !words);
    } catch (error) {
      this.dialog.close();
      this.refuse(error);
    }
  }

  /**
   * @param {import("./api.js").Entry[]} entries
   * @param {boolean} isIdle
   */
  #show(entries, isIdle) {
    this.place = 0;
    this.found.replaceChildren(
      ...entries.map((entry, place) => {
        const option = el(
          "li",
          { role: "option", id: `found-${place}`, "data-entry": entry.id },
          el("span", { class: "choice__question" }, entry.question),
          el("span", { class: "choice__id" }, entry.id),
        );
        option.addEventListener("click", () => this.#take(entry.id));
        return option;
      }),
    );
    this.none.hidden = isIdle || entries.length > 0;
    this.input.setAttribute("aria-expanded", String(entries.length > 0));
    this.#mark();
  }

  #mark() {
    [...this.found.children].forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === this.place));
      if (place === this.place) option.scrollIntoView({ block: "nearest" });
    });
    if (this.found.children.length) this.input.setAttribute("aria-activedescendant", `found-${this.place}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing || event.keyCode === 229) return; // an input method's own Enter and arrows
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const number = this.found.children.length;
    if (step && number) {
      this.place = (this.place + step + number) % number;
      this.#mark();
      event.preventDefault();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = this.found.children[this.place];
      if (option) this.#take(option.getAttribute("data-entry") ?? "");
    }
  }

  /** @param {string} entry */
  #take(entry) {
    this.dialog.close();
    this.choose(entry);
  }
}
