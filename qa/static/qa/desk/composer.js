/**
 * Where the agent writes: replies to the customer, and notes for colleagues. What was begun stays with its conversation.
 */

import { need } from "../chat/dom.js";
import { word } from "../learning/words.js";
import { Canned } from "./canned.js";
import { OVER } from "./desk.js";

/** @typedef {import("./desk.js").Desk} Desk */

const TYPING_EVERY_MS = 2500;
const MAX_HEIGHT_PX = 200;

export class Composer {
  #form = need("#composer", HTMLFormElement);
  #send = need("#send", HTMLButtonElement);
  #hint = need("#composer-hint", HTMLElement);
  #mode = "say";
  #typedAt = 0;
  /** @type {number | null} */
  #of = null;
  /** @type {Map<number, string>} */
  #begun = new Map();

  /**
   * @param {Desk} desk
   * @param {(words: string) => void} announce
   */
  constructor(desk, announce) {
    this.desk = desk;
    this.field = need("#text", HTMLTextAreaElement);
    this.canned = new Canned(this.field, announce);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("input", () => this.#typed());
    this.field.addEventListener("keydown", (event) => this.#press(event));
    for (const button of this.#form.querySelectorAll("[data-mode]")) {
      button.addEventListener("click", () => this.write(button.getAttribute("data-mode") ?? "say"));
    }
  }

  /** Whether nothing can be said to the customer now. */
  get isShut() {
    return this.desk.shown === null || this.#whyNot() !== "";
  }

  /** @param {string} mode `say` or `note` */
  write(mode) {
    this.#mode = mode;
    this.refresh();
    this.field.focus();
  }

  /** Bring it up to the open conversation. */
  refresh() {
    const { current, shown } = this.desk;
    if (current !== this.#of) this.#change(current);
    const isNote = this.#mode === "note";
    const why = isNote ? "" : this.#whyNot();
    for (const button of this.#form.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-mode") === this.#mode));
    }
    this.#form.dataset.mode = this.#mode;
    // Before the conversation is there it may be written in too: what is typed into nothing would act as keys.
    this.field.disabled = this.#send.disabled = why !== "";
    this.field.placeholder = word(isNote ? "write-note" : "write-reply");
    need("#text-label", HTMLElement).textContent = this.field.placeholder;
    const takes = !isNote && !why && shown && shown.state !== "assigned";
    this.#hint.textContent = why || (takes ? word("takes-it") : "");
  }

  #whyNot() {
    const { shown } = this.desk;
    if (!shown) return "";
    if (OVER.includes(shown.state)) return word("is-over");
    if (shown.state === "assigned" && !shown.is_mine) return word("has-it", { name: shown.assignee?.name ?? "" });
    return "";
  }

  /** @param {number | null} current */
  #change(current) {
    if (this.#of !== null) this.#begun.set(this.#of, this.field.value);
    this.#of = current;
    this.#typedAt = 0; // these colleagues and this customer have been told nothing yet
    this.#mode = "say";
    this.field.value = this.#begun.get(current ?? 0) ?? "";
    this.#grow();
    this.canned.replies = [];
    this.canned.hide();
    if (current === null) return;
    this.desk.ask("canned").then((answer) => {
      if (answer.conversation !== this.desk.current) return;
      this.canned.replies = answer.replies;
      const known = need("#known-labels", HTMLDataListElement);
      known.replaceChildren(...answer.labels.map((/** @type {string} */ name) => new Option(name)));
    }, () => {});
  }

  #submit() {
    const text = this.field.value.trim();
    if (!text || this.field.disabled) return;
    const kind = this.#mode === "note" ? "note" : "say";
    this.desk.send(kind, { text }, text);
    this.field.value = "";
    this.#grow();
    this.field.focus();
  }

  #typed() {
    this.#grow();
    if (this.#mode === "say") this.canned.refresh();
    if (this.#mode === "note" || !this.field.value || Date.now() - this.#typedAt < TYPING_EVERY_MS) return;
    if (this.desk.line.mention("typing", { conversation: this.desk.current })) this.#typedAt = Date.now();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing || event.keyCode === 229) return; // an input method's own Enter
    if (this.canned.press(event)) return;
    if (event.key === "Escape") this.field.blur();
    else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  #grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, MAX_HEIGHT_PX)}px`;
  }
}
