/**
 * The list beside the card: what comes next.
 */

import { el, need } from "../chat/dom.js";

const list = need("#list", HTMLElement);
const SHOWN = 40;

/**
 * @param {import("./queue.js").Queue} queue
 */
export function showList(queue) {
  const first = Math.max(0, queue.place - 5);
  const rows = queue.items.slice(first, first + SHOWN).map((item, place) => {
    const isCurrent = first + place === queue.place;
    const button = el(
      "button",
      { type: "button", class: "row", "aria-current": isCurrent ? "true" : null, lang: item.language || null },
      el("span", { class: "row__text" }, item.text),
      item.num_asked > 1 && el("span", { class: "row__count" }, `×${item.num_asked}`),
    );
    button.addEventListener("click", () => queue.goTo(item.id));
    return el("li", {}, button);
  });
  list.replaceChildren(...rows);
}
