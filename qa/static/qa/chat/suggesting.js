/**
 * Questions of the knowledge base under what is being typed: arrow keys and Enter ask one, Escape puts them away.
 */

import { el } from "./dom.js";
import { newId } from "./outbox.js";

const AFTER_MS = 200;
const SHORTEST = 2;
const LONGEST = 200; // the protocol's limit

export class Suggesting {
  #text;
  #list;
  #ask;
  #choose;
  #id = "";
  #active = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} parts
   * @param {HTMLTextAreaElement} parts.text
   * @param {HTMLElement} parts.list
   * @param {(id: string, text: string) => void} parts.ask - the server
   * @param {(text: string) => void} parts.choose
   */
  constructor({ text, list, ask, choose }) {
    this.#text = text;
    this.#list = list;
    this.#ask = ask;
    this.#choose = choose;
    text.addEventListener("input", () => this.#typed());
    text.addEventListener("compositionend", () => this.#typed());
    // Before the composer, whose Enter sends and whose Escape leaves.
    document.addEventListener("keydown", (event) => event.target === text && this.#pressed(event), true);
    document.addEventListener("focusin", ({ target }) => target !== text && this.hide());
  }

  /**
   * @param {string} id - of the request; an answer to an older one comes too late
   * @param {{entry: string, text: string}[]} items
   */
  show(id, items) {
    if (id !== this.#id || this.#text.value.trim() === "") return;
    this.#list.replaceChildren(
      ...items.map(({ text }, index) => {
        const option = el("li", { role: "option", id: `suggestion-${index}`, "data-testid": "suggestion" }, text);
        // Not click: the text box would lose the focus before.
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.#take(text);
        });
        return option;
      }),
    );
    this.#list.hidden = items.length === 0;
    this.#activate(-1);
  }

  hide() {
    clearTimeout(this.#timer);
    this.#id = "";
    this.#list.hidden = true;
    this.#activate(-1);
  }

  #typed() {
    this.hide();
    this.#timer = setTimeout(() => {
      const text = this.#text.value.trim();
      if (text.length < SHORTEST || text.length > LONGEST) return;
      this.#id = newId();
      this.#ask(this.#id, text);
    }, AFTER_MS);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      const chosen = this.#list.hidden ? undefined : this.#list.children[this.#active]?.textContent;
      this.hide();
      if (!chosen) return;
      this.#take(chosen);
    } else if (this.#list.hidden) return;
    else if (event.key === "Escape") this.hide();
    else if (event.key === "ArrowDown") this.#activate(this.#active + 1);
    else if (event.key === "ArrowUp") this.#activate(this.#active - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} text */
  #take(text) {
    this.hide();
    this.#choose(text);
  }

  /** @param {number} index - past either end: none */
  #activate(index) {
    const { children } = this.#list;
    this.#active = index < -1 ? children.length - 1 : index >= children.length ? -1 : index;
    [...children].forEach((option, at) => option.setAttribute("aria-selected", String(at === this.#active)));
    if (this.#active < 0) this.#text.removeAttribute("aria-activedescendant");
    else this.#text.setAttribute("aria-activedescendant", `suggestion-${this.#active}`);
    children[this.#active]?.scrollIntoView({ block: "nearest" });
  }
}
