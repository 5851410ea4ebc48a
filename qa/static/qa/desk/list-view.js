/**
 * The list of conversations.
 */

import { el, icon, need } from "../chat/dom.js";
import { word } from "../learning/words.js";
import { OVER } from "./desk.js";
import { clock, tick } from "./times.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Row} Row */

const list = need("#rows", HTMLOListElement);
const none = need("#no-rows", HTMLElement);
const more = need("#more", HTMLButtonElement);

/** @param {Desk} desk */
export function showList(desk) {
  for (const tab of document.querySelectorAll("[data-view]")) {
    tab.setAttribute("aria-pressed", String(tab.getAttribute("data-view") === desk.view));
  }
  if (!desk.listed) return;
  for (const count of document.querySelectorAll("[data-count]")) {
    count.textContent = String(desk.listed.counts[count.getAttribute("data-count") ?? ""]);
  }
  const focused = document.activeElement?.getAttribute("data-conversation");
  list.replaceChildren(...desk.rows.map((row) => build(row, row.conversation === desk.current, desk.isUnread(row))));
  // The list is built anew under the keyboard: who was on a row stays on it.
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-conversation="${focused}"]`))?.focus();
  none.hidden = desk.rows.length > 0;
  none.textContent = word(`none-${desk.view}`);
  more.hidden = !desk.listed.more;
  tick(desk.now(), list);
}

/**
 * @param {Row} row
 * @param {boolean} isCurrent
 * @param {boolean} isUnread
 */
function build(row, isCurrent, isUnread) {
  const button = el(
    "button",
    {
      type: "button",
      class: `entry${row.is_urgent ? " entry--urgent" : ""}${isUnread ? " entry--unread" : ""}`,
      "data-conversation": String(row.conversation),
      "aria-current": isCurrent ? "true" : null,
      "data-testid": "row",
    },
    el("span", { class: "entry__top" }, el("span", { class: "entry__name" }, row.name), time(row)),
    el("span", { class: "entry__excerpt" }, row.excerpt_role === "customer" ? "" : "↩ ", row.excerpt || "—"),
    el("span", { class: "entry__facts" }, ...facts(row)),
  );
  return el("li", {}, button);
}

/** @param {Row} row */
function time(row) {
  if (row.due_at) return el("span", { class: "due", "data-due": row.due_at });
  const at = row.last_at ?? row.waiting_since;
  return at ? el("time", { class: "entry__time", datetime: at }, clock(at)) : "";
}

/** @param {Row} row */
function facts(row) {
  const marks = [];
  if (row.is_urgent) marks.push(el("span", { class: "badge badge--urgent" }, icon("warn"), urgency(row.reason)));
  if (row.is_mine) marks.push(el("span", { class: "badge badge--mine" }, word("mine")));
  else if (OVER.includes(row.state)) marks.push(...ending(row.state, row.assignee));
  else if (row.assignee) marks.push(el("span", { class: "badge" }, word("with", { name: row.assignee })));
  else marks.push(el("span", { class: "badge" }, word(`state-${row.state}`)));
  for (const label of row.labels) marks.push(el("span", { class: "badge badge--label" }, label));
  if (row.num_unanswered) {
    const words = word("unanswered", { count: row.num_unanswered });
    const number = el("span", { class: "entry__unanswered", title: words }, String(row.num_unanswered));
    number.append(el("span", { class: "visually-hidden" }, words.replace(String(row.num_unanswered), "")));
    marks.push(number);
  }
  return marks;
}

/**
 * @param {string} state Of a conversation that is over.
 * @param {string | null} [name] Of the agent who had it last.
 */
export function ending(state, name) {
  const badge = el("span", { class: "badge", "data-testid": "state" }, word(`state-${state}`));
  return name ? [badge, el("span", { class: "badge" }, name)] : [badge];
}

/** @param {string} reason */
export function urgency(reason) {
  return reason === "danger" || reason === "anger" ? word(`reason-${reason}`) : word("urgent");
}
