/**
 * One line of the conversation as an element: built once, then only its state changes.
 *
 * A line is never rebuilt, so that a screen reader doesn't read it again when "sending" becomes "sent".
 */

import { buildOptions, updateOptions } from "./clarify-view.js";
import { updateDelivery } from "./delivery-view.js";
import { button, el, html, icon } from "./dom.js";
import { buildFeedback, updateFeedback } from "./feedback.js";
import { t } from "./strings.js";

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

/**
 * Build the element of an item.
 *
 * @param {Item} item
 * @param {Surroundings} page
 * @returns {HTMLElement}
 */
export function buildTurn(item, page) {
  const { turn } = item;
  const role = turn?.role ?? "customer";
  const kind = turn?.kind ?? "text";
  const isAgent = role === "agent";
  const speaker = t(`role.${role}`) + (html.lang === "en" ? ": " : "：");
  const node = el(
    "article",
    { class: `turn turn--${role} turn--${kind}` },
    (isAgent || role === "bot") &&
      el("span", { class: `avatar avatar--${role}`, "aria-hidden": "true" }, icon(isAgent ? "person" : "spark")),
    el(
      "div",
      { class: "turn__body" },
      el("span", { class: "visually-hidden" }, speaker),
      isAgent && el("p", { class: "turn__who" }, turn?.author ?? t("role.agent")),
      bubble(item),
      turn?.kind === "clarify" && buildOptions(turn, page),
      role !== "system" && footer(item, page),
    ),
  );
  Object.assign(node.dataset, { role, kind });
  return node;
}

/**
 * Bring the element up to its item's state.
 *
 * @param {HTMLElement} node
 * @param {Item} item
 * @param {Surroundings} page
 */
export function updateTurn(node, item, page) {
  const { turn } = item;
  if (turn) {
    node.dataset.seq = String(turn.seq);
    if (turn.kind === "clarify") updateOptions(node, turn, page);
    if (turn.kind === "answer") updateFeedback(node, turn, page);
  }
  updateDelivery(node, item, page);
}

/** @param {Item} item */
function bubble({ turn, parcel }) {
  const written = turn && turn.role !== "customer" ? turn.html : "";
  const words = turn?.text ?? (parcel?.frame.type === "message" && parcel.frame.text);
  return el(
    "div",
    { class: written ? "bubble prose" : "bubble bubble--plain", dir: "auto" },
    turn?.kind === "handoff" && el("p", { class: "handoff__title" }, icon("person"), t("handoff.title")),
    written ? fragment(written) : words,
  );
}

/**
 * Parse what the server has rendered and sanitised; links leave the chat open behind them.
 *
 * @param {string} source
 * @returns {DocumentFragment}
 */
function fragment(source) {
  const { content } = Object.assign(el("template"), { innerHTML: source });
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (content.querySelectorAll("a[href^=http]"))) {
    Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
  }
  return content;
}

/**
 * @param {Item} item
 * @param {Surroundings} page
 */
function footer({ turn, parcel }, page) {
  const at = new Date(turn?.at ?? parcel?.at ?? Date.now());
  const time = at.toLocaleTimeString(html.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const isAnswer = turn?.kind === "answer";
  return el(
    "div",
    { class: "turn__foot" },
    el("time", { datetime: at.toISOString() }, time),
    (!turn || turn.role === "customer") && el("span", { class: "delivery" }),
    isAnswer && copyButton(page),
    isAnswer && buildFeedback(turn, page),
  );
}

/** @param {Surroundings} page */
function copyButton(page) {
  const label = t("answer.copy");
  /** @param {Event} event */
  const onclick = ({ currentTarget }) => {
    const line = /** @type {Element} */ (currentTarget).closest(".turn");
    page.copy(/** @type {HTMLElement} */ (line?.querySelector(".bubble")));
  };
  return button({ class: "mini", "aria-label": label, title: label, onclick }, icon("copy"));
}
