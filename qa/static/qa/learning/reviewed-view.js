/**
 * What was reviewed, the latest first: to look at, to undo, to make a phrasing of.
 *
 * @typedef {import("./api.js").Item} Item
 */

import { el, need } from "../chat/dom.js";
import { canBePhrasing } from "./api.js";
import { word } from "./words.js";

const list = need("#reviewed", HTMLElement);

/**
 * @param {import("./api.js").Api} api
 * @param {boolean} mayEdit
 * @param {(error: unknown) => void} refuse
 */
export async function showReviewed(api, mayEdit, refuse) {
  const again = () => showReviewed(api, mayEdit, refuse);
  try {
    const { items } = await api.queue("reviewed");
    const rows = items.map((item) => row(api, item, mayEdit, again, refuse));
    list.replaceChildren(...(rows.length ? rows : [el("li", { class: "reviewed__none" }, word("none-reviewed"))]));
  } catch (error) {
    refuse(error);
  }
}

/**
 * @param {import("./api.js").Api} api
 * @param {Item} item
 * @param {boolean} mayEdit
 * @param {() => Promise<void>} again
 * @param {(error: unknown) => void} refuse
 */
function row(api, item, mayEdit, again, refuse) {
  const label = item.entry ? item.entry.question : item.label === "out_of_scope" ? word("outside-short") : "";
  const when = item.reviewed_at ? new Date(item.reviewed_at).toLocaleString(document.documentElement.lang) : "";
  const facts = [word(`state-${item.state}`), item.reviewer || word("agents"), when];
  const buttons = [button("undo", () => api.undo(item.id).then(again, refuse))];
  if (mayEdit && canBePhrasing(item)) {
    buttons.unshift(button("phrasing", () => api.addPhrasing(item.id).then(again, refuse)));
  }
  return el(
    "li",
    { class: "reviewed__row" },
    el(
      "div",
      {},
      el("p", { class: "reviewed__text" }, item.text),
      label && el("p", { class: "reviewed__label" }, "→ ", label),
      el("p", { class: "reviewed__facts" }, facts.filter(Boolean).join(" · ")),
    ),
    el(
      "div",
      { class: "reviewed__buttons" },
      item.has_phrasing && el("span", { class: "choice__badge" }, word("is-phrasing")),
      ...buttons,
    ),
  );
}

/**
 * @param {string} name
 * @param {() => void} act
 */
function button(name, act) {
  const node = el("button", { type: "button", class: "button button--quiet" }, word(name));
  node.addEventListener("click", act);
  return node;
}
