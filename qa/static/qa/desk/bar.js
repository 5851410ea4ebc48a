/**
 * The bar over the desk: which knowledge base, whether the line holds, whether the agent is there.
 */

import { el, need } from "../chat/dom.js";
import { word } from "../learning/words.js";

/** @typedef {import("../chat/preferences.js").Store} Store */
/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./line.js").Line} Line */
/** @typedef {(words: string | Node, stays?: boolean) => void} Complain */

const AWAY_KEY = "hangjia.desk.away";

/** Whether the agent is there; pages of one browser say the same. */
export class Presence {
  #button = need("#presence", HTMLButtonElement);
  #store;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#show();
  }

  /** @returns {"away" | "online"} */
  get status() {
    return this.#store.getItem(AWAY_KEY) === "yes" ? "away" : "online";
  }

  /** @param {(status: string) => void} tell */
  listen(tell) {
    const told = () => {
      this.#show();
      tell(this.status);
    };
    this.#button.addEventListener("click", () => {
      this.#store.setItem(AWAY_KEY, this.status === "away" ? "no" : "yes");
      told();
    });
    addEventListener("storage", (event) => event.key === AWAY_KEY && told());
  }

  #show() {
    this.#button.setAttribute("aria-checked", String(this.status === "online"));
    need("#presence span", HTMLElement).textContent = word(this.status);
  }
}

/** @param {Desk} desk Whose knowledge bases there are to choose from, if there are several. */
export function showBases(desk) {
  const choice = need("#base", HTMLSelectElement);
  const known = [...choice.options].slice(1).map((option) => `${option.value}/${option.text}`);
  /** @type {{id: number, name: string}[]} */
  const bases = desk.listed.bases;
  need("#base-choice", HTMLElement).hidden = bases.length < 2;
  if (known.join() === bases.map((base) => `${base.id}/${base.name}`).join()) return;
  choice.replaceChildren(choice.options[0], ...bases.map((base) => new Option(base.name, String(base.id))));
  choice.value = desk.base === null ? "" : String(desk.base);
}

/** @param {(base: number | null) => void} choose */
export function listenToBases(choose) {
  const choice = need("#base", HTMLSelectElement);
  choice.addEventListener("change", () => choose(choice.value ? Number(choice.value) : null));
}

/**
 * Show how the line is; when it is cut for good, say why for as long as the page is open.
 *
 * @param {Line} line
 * @param {Complain} complain
 */
export function showLine(line, complain) {
  line.addEventListener("state", (event) => {
    const { state, words } = /** @type {CustomEvent} */ (event).detail;
    need("#line", HTMLElement).dataset.state = state;
    need("#line span", HTMLElement).textContent = word(`line-${state}`);
    if (state !== "stopped") return;
    if (words !== "signed-out") return complain(words, true);
    const link = el("a", { href: need("#desk", HTMLElement).dataset.login }, word("sign-in"));
    complain(el("span", {}, word("signed-out"), " ", link), true);
  });
}
