/**
 * Three entries for the customer's last question: Alt and a number sends one.
 */

import { el, need } from "../chat/dom.js";
import { word } from "../learning/words.js";
import { percent } from "./context-view.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Entry} Entry */

const section = need("#suggested", HTMLElement);
const list = need("#suggested ol", HTMLOListElement);
const AGAIN_MS = 5000;

export class Suggestions {
  /** @type {Entry[]} */
  #items = [];
  #key = "";
  #shown = "[]";
  #asked = 0;

  /**
   * @param {Desk} desk
   * @param {(entry: Entry) => void} send
   */
  constructor(desk, send) {
    this.desk = desk;
    this.send = send;
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Look again if the customer has asked something new; show none where nothing can be sent. */
  refresh() {
    const { desk } = this;
    const state = desk.shown?.state;
    const mayWrite = state === "assigned" ? desk.shown.is_mine : state === "waiting" || state === "ticket";
    const last = desk.said.filter((turn) => turn.role === "customer").at(-1)?.seq ?? 0;
    const key = mayWrite && last ? `${desk.current}/${last}` : "";
    if (key === this.#key) return this.#show(this.#items); // one of them may have been given meanwhile
    this.#key = key;
    this.#show([]);
    if (key) this.#look(key);
  }

  /** @param {string} key */
  async #look(key) {
    const number = ++this.#asked;
    try {
      const answer = await this.desk.ask("suggest");
      if (number === this.#asked && key === this.#key) this.#show(answer.items);
    } catch {
      // No suggestions are not worth a complaint; the search is there. The next change looks again, or a little time.
      if (number !== this.#asked) return;
      this.#key = "";
      setTimeout(() => number === this.#asked && this.refresh(), AGAIN_MS);
    }
  }

  /** @param {Entry[]} items */
  #show(items) {
    const shown = JSON.stringify(items.map((item) => [item.entry, this.#isGiven(item)]));
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#items = items;
    section.hidden = items.length === 0;
    list.replaceChildren(...items.map((item, place) => this.#row(item, place + 1)));
  }

  /**
   * @param {Entry} item
   * @param {number} number
   */
  #row(item, number) {
    const template = document.createElement("template");
    template.innerHTML = item.html; // rendered and sanitised by the server
    const answer = el("details", {}, el("summary", { "aria-label": `${word("show-answer")}: ${item.question}` }, item.question));
    answer.append(el("div", { class: "prose" }, template.content));
    const send = el(
      "button",
      { type: "button", class: "button button--quiet suggested__send", "aria-label": `${word("send-entry")}: ${item.question}`, "aria-keyshortcuts": `Alt+${number}` },
      el("kbd", { "aria-hidden": "true" }, `Alt ${number}`),
      word("send-entry"),
    );
    send.addEventListener("click", () => this.send(item));
    const sure = item.probability === null ? "" : el("span", { class: "suggested__sure" }, percent(item.probability));
    const given = this.#isGiven(item) ? el("span", { class: "badge" }, word("given")) : "";
    return el("li", { "data-testid": "suggestion" }, answer, given, sure, send);
  }

  /** @param {Entry} item */
  #isGiven(item) {
    return this.desk.said.some((turn) => turn.entry === item.entry);
  }

  /** @param {KeyboardEvent} event By the place of the key: with Alt some layouts write other signs there. */
  #press(event) {
    const number = /^Digit([1-3])$/.exec(event.code)?.[1];
    if (!number || !event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const item = this.#items[Number(number) - 1];
    if (!item) return;
    event.preventDefault();
    if (!event.repeat) this.send(item);
  }
}
