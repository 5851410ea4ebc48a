/**
 * Dialogs: to whom a conversation is given, and which entry is meant.
 */

import { el, need } from "../chat/dom.js";
import { SearchDialog } from "../learning/search-dialog.js";
import { word } from "../learning/words.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Entry} Entry */

/**
 * Ask to whom the open conversation is given.
 *
 * @param {Desk} desk
 * @param {(to: number | null) => void} transfer
 * @param {(error: unknown) => void} refuse
 */
export async function chooseColleague(desk, transfer, refuse) {
  const dialog = need("#transfer", HTMLDialogElement);
  const list = need("#colleagues", HTMLElement);
  list.replaceChildren();
  need("#no-colleagues", HTMLElement).hidden = true;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue) transfer(dialog.returnValue === "queue" ? null : Number(dialog.returnValue));
  };
  dialog.showModal();
  try {
    const { agents } = await desk.ask("agents");
    need("#no-colleagues", HTMLElement).hidden = agents.length > 0;
    const buttons = agents.map((/** @type {any} */ agent) => el("button", { class: "button button--quiet", value: String(agent.id) }, agent.name));
    list.replaceChildren(...buttons);
    buttons[0]?.focus();
  } catch (error) {
    dialog.close("");
    refuse(error);
  }
}

/** Search for an entry to send, or for the one that answers a question. */
export class EntrySearch {
  #title = need("#search-title", HTMLElement);
  #none = need("#found-no-entry", HTMLButtonElement);
  /** @type {Map<string, Entry>} */
  #found = new Map();
  /** @type {(entry: Entry | null) => void} */
  #chosen = () => {};

  /**
   * @param {Desk} desk
   * @param {(error: unknown) => void} refuse
   */
  constructor(desk, refuse) {
    const api = { search: (/** @type {string} */ words) => this.#search(desk, words) };
    const choose = (/** @type {string} */ code) => this.#chosen(this.#found.get(code) ?? null);
    // It asks of its API nothing but `search`.
    this.#dialog = new SearchDialog(/** @type {any} */ (api), choose, refuse);
    this.#none.addEventListener("click", () => {
      need("#search", HTMLDialogElement).close();
      this.#chosen(null);
    });
  }

  /** @type {SearchDialog} */
  #dialog;

  /** @param {(entry: Entry | null) => void} chosen */
  toSend(chosen) {
    this.#open("search-send", false, chosen);
  }

  /** @param {(entry: Entry | null) => void} chosen null: no entry answers it */
  toLink(chosen) {
    this.#open("search-link", true, chosen);
  }

  /**
   * @param {string} title
   * @param {boolean} mayBeNone
   * @param {(entry: Entry | null) => void} chosen
   */
  #open(title, mayBeNone, chosen) {
    this.#title.textContent = word(title);
    this.#none.hidden = !mayBeNone;
    this.#chosen = chosen;
    this.#dialog.open("");
  }

  /**
   * @param {Desk} desk
   * @param {string} words
   */
  async #search(desk, words) {
    /** @type {{items: Entry[]}} */
    const { items } = await desk.ask("search_entries", { words: words.slice(0, 200) });
    this.#found = new Map(items.map((item) => [item.code, item]));
    return { entries: items.map((item) => ({ id: item.code, question: item.question })) };
  }
}
