/**
 * The choices of a clarify turn: buttons until one is taken, then a record of what was taken.
 */

import { button, el } from "./dom.js";
import { t } from "./strings.js";

/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

/**
 * @param {Turn} turn
 * @param {Surroundings} page
 */
export function buildOptions(turn, page) {
  const all = [...turn.options, { id: "none", text: t("clarify.none") }];
  const buttons = all.map(({ id, text }, index) =>
    button(
      { class: "option", value: String(id), onclick: () => page.choose(turn, id) },
      el("kbd", { "aria-hidden": "true" }, String(index + 1)),
      el("span", {}, text),
    ),
  );
  const hint = el("p", { class: "options__hint" }, t("clarify.hint"));
  return el("div", { class: "options", role: "group", "aria-label": t("clarify.label") }, ...buttons, hint);
}

/**
 * @param {HTMLElement} node
 * @param {Turn} turn
 * @param {Surroundings} page
 */
export function updateOptions(node, turn, page) {
  const chosen = page.choiceOf(turn);
  const open = page.isOpen(turn);
  for (const option of /** @type {NodeListOf<HTMLButtonElement>} */ (node.querySelectorAll(".option"))) {
    const isChosen = option.value === chosen;
    option.disabled = !open;
    option.classList.toggle("option--chosen", isChosen);
    option.ariaPressed = String(isChosen);
  }
  node.classList.toggle("turn--settled", !open);
}
