/**
 * Times: clocks of turns, and the countdowns of those who wait, which tick once a second.
 */

import { word } from "../learning/words.js";

const SOON_S = 60;
const locale = document.documentElement.lang;

/**
 * @param {string} at RFC 3339
 * @returns {string} hour and minute, with the date if it was another day
 */
export function clock(at) {
  const then = new Date(at);
  const isToday = then.toDateString() === new Date().toDateString();
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const format = isToday ? time : { month: "short", day: "numeric", ...time };
  return new Intl.DateTimeFormat(locale, /** @type {Intl.DateTimeFormatOptions} */ (format)).format(then);
}

/** @param {number} seconds @returns {string} 0:07, 12:30, 3 h, 2 d */
export function span(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  const [amount, unit] = whole < 172_800 ? [whole / 3600, "hour"] : [whole / 86_400, "day"];
  const options = { style: "unit", unit, unitDisplay: "narrow" };
  return new Intl.NumberFormat(locale, /** @type {Intl.NumberFormatOptions} */ (options)).format(Math.floor(amount));
}

/**
 * Fill every element that counts: `data-due` to a time, or `data-since` from one.
 *
 * @param {number} now ms since 1970
 * @param {ParentNode} [root]
 */
export function tick(now, root = document) {
  for (const node of root.querySelectorAll("[data-due]")) {
    const left = (Date.parse(node.getAttribute("data-due") ?? "") - now) / 1000;
    const state = left < 0 ? "late" : left < SOON_S ? "soon" : "early";
    node.setAttribute("data-state", state);
    write(node, left < 0 ? word("due-late", { time: span(-left) }) : span(left));
    node.setAttribute("title", left < 0 ? "" : word("due-in", { time: span(left) }));
  }
  for (const node of root.querySelectorAll("[data-since]")) {
    const past = (now - Date.parse(node.getAttribute("data-since") ?? "")) / 1000;
    write(node, word("since", { time: span(Math.max(0, past)) }));
  }
}

/**
 * @param {Element} node
 * @param {string} text
 */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
