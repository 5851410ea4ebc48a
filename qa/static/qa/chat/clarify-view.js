/**
 * The choices of a clarify turn: buttons until one is taken, then a record of what was taken.
 */

import { el } from "./dom.js";

/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

/**
 * @param {Turn} turn
 * @param {Surroundings} page
 */
export function buildOptions(turn, page) {
  const group = el("div", { class: "options", role: "group", "aria-label": page.t("clarify.label") });
  const all = [...turn.options, { id: "none", text: page.t("clarify.none") }];
  all.forEach((option, index) => {
    const attributes = { type: "button", class: "option", value: String(option.id), "data-testid": "option" };
    const key = el("kbd", { "aria-hidden": "true" }, String(index + 1));
    const button = el("button", attributes, key, el("span", {}, option.text));
    button.addEventListener("click", () => page.choose(turn, option.id));
    group.append(button);
  });
  group.append(el("p", { class: "options__hint" }, page.t("clarify.hint")));
  return group;
}

/**
 * @param {HTMLElement} node
 * @param {Turn} turn
 * @param {Surroundings} page
 */
export function updateOptions(node, turn, page) {
  const chosen = page.choiceOf(turn);
  const open = page.isOpen(turn);
  for (const button of node.querySelectorAll("button.option")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    button.disabled = !open;
    button.classList.toggle("option--chosen", button.value === chosen);
    button.setAttribute("aria-pressed", String(button.value === chosen));
  }
  node.classList.toggle("turn--settled", !open);
}
