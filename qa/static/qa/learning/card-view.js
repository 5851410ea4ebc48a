/**
 * The utterance under review: what the bot did, why it is here, and what it may belong to.
 *
 * @typedef {import("./api.js").Item} Item
 * @typedef {import("./api.js").Entry} Entry
 */

import { el, need } from "../chat/dom.js";
import { word } from "./words.js";

const card = need("#card", HTMLElement);
const utterance = need("#utterance", HTMLElement);
const facts = need("#facts", HTMLElement);
const deed = need("#deed", HTMLElement);
const reasons = need("#reasons", HTMLElement);
const choices = need("#choices", HTMLElement);
/** @type {number | undefined} */
let shownId;

/**
 * Show an item, or nothing.
 *
 * @param {Item | undefined} item
 * @param {(entry: string | null) => void} choose Called with an entry's id, or null for out of scope.
 */
export function showCard(item, choose) {
  card.hidden = item === undefined;
  if (item === undefined || item.id === shownId) {
    shownId = item?.id;
    return;
  }
  const hadFocus = card.contains(document.activeElement) || document.activeElement === document.body;
  shownId = item.id;
  card.lang = item.language === "en" ? "en" : "zh-CN";
  utterance.replaceChildren(...withPlaceholders(item.text));
  facts.hidden = item.num_asked < 2;
  facts.textContent = word("asked", { count: item.num_asked });
  deed.replaceChildren(item.bot, ...(item.bot_entry ? [" ", el("q", {}, item.bot_entry.question)] : []));
  for (const node of [facts, deed, reasons]) node.lang = document.documentElement.lang;
  reasons.replaceChildren(...item.reasons.map((reason) => el("li", {}, reason)));
  const rows = item.suggestions.map((entry, place) => entryRow(item, entry, place, choose));
  choices.replaceChildren(...rows, outsideRow(item, choose));
  if (hadFocus) utterance.focus({ preventScroll: true });
  card.parentElement?.scrollTo({ top: 0 });
}

/**
 * Mark placeholders such as <phone>, which stand for what was taken out.
 *
 * @param {string} text
 * @returns {Array<string | HTMLElement>}
 */
function withPlaceholders(text) {
  return text
    .split(/(<(?:phone|id|card|email|plate|address|order|name|account|number)>)/)
    .map((part, place) => (place % 2 ? el("mark", {}, part.slice(1, -1)) : part));
}

/**
 * @param {Item} item
 * @param {Entry} entry
 * @param {number} place
 * @param {(entry: string | null) => void} choose
 */
function entryRow(item, entry, place, choose) {
  const isProposed = item.proposal === "entry" && item.proposed_entry === entry.id;
  const share = entry.probability ? ` · ${Math.round(entry.probability * 100)} %` : "";
  const label = el(
    "span",
    { class: "choice__label" },
    el("span", { class: "choice__question" }, entry.question),
    el("span", { class: "choice__id" }, entry.id + share),
  );
  const row = choiceRow(String(place + 1), label, isProposed, () => choose(entry.id));
  if (isProposed) {
    const answer = el("div", { class: "choice__answer", tabindex: "0", role: "region", "aria-label": entry.question });
    answer.innerHTML = entry.html; // sanitised by the server to a closed list of tags
    row.append(answer);
  }
  return row;
}

/**
 * @param {Item} item
 * @param {(entry: string | null) => void} choose
 */
function outsideRow(item, choose) {
  const label = el("span", { class: "choice__label", lang: document.documentElement.lang }, word("outside"));
  return choiceRow("o", label, item.proposal === "out_of_scope", () => choose(null));
}

/**
 * @param {string} key
 * @param {HTMLElement} label
 * @param {boolean} isProposed
 * @param {() => void} act
 */
function choiceRow(key, label, isProposed, act) {
  const badge = el("span", { class: "choice__badge", lang: document.documentElement.lang }, word("suggested"));
  const button = el(
    "button",
    { type: "button", class: "choice__button" },
    el("kbd", {}, key),
    label,
    isProposed && badge,
  );
  button.addEventListener("click", act);
  return el("li", { class: isProposed ? "choice choice--proposed" : "choice" }, button);
}
