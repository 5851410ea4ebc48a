/**
 * One line of the conversation as an element: built once, then only its state changes.
 *
 * A line is never rebuilt, so that a screen reader doesn't read it again when "sending" becomes "sent".
 */

import { buildOptions, updateOptions } from "./clarify-view.js";
import { updateDelivery } from "./delivery-view.js";
import { el, icon } from "./dom.js";
import { TurnFeedback } from "./feedback.js";

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */
/** @typedef {import("./votes.js").Vote} Vote */

/**
 * Build the element of an item.
 *
 * @param {Item} item
 * @param {Surroundings} page
 * @returns {HTMLElement}
 */
export function buildTurn(item, page) {
  const role = item.turn?.role ?? "customer";
  const kind = item.turn?.kind ?? "text";
  const node = el("article", { class: `turn turn--${role} turn--${kind}`, "data-testid": "turn" });
  node.dataset.role = role;
  node.dataset.kind = kind;
  const body = el("div", { class: "turn__body" });
  body.append(el("span", { class: "visually-hidden" }, `${page.t(`role.${role}`)}${page.locale === "en" ? ": " : "："}`));
  if (role === "agent") {
    const name = item.turn?.author ?? page.t("role.agent");
    body.append(el("p", { class: "turn__who" }, name));
  }
  body.append(bubble(item, page));
  if (item.turn?.kind === "clarify") body.append(buildOptions(item.turn, page));
  body.append(footer(item, page));
  if (role === "bot" || role === "agent") node.append(avatar(role));
  node.append(body);
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
  if (item.turn) node.dataset.seq = String(item.turn.seq);
  if (item.turn?.kind === "clarify") updateOptions(node, item.turn, page);
  const feedback = node.querySelector("turn-feedback");
  if (feedback instanceof TurnFeedback && item.turn) feedback.vote = page.voteOf(item.turn.seq);
  updateDelivery(node, item, page);
}

/**
 * @param {Item} item
 * @param {Surroundings} page
 */
function bubble({ turn, parcel }, page) {
  const html = turn && turn.role !== "customer" ? turn.html : "";
  const node = el("div", { class: html ? "bubble prose" : "bubble bubble--plain", dir: "auto" });
  if (turn?.kind === "handoff") node.append(handoffHead(page));
  if (html) node.append(fragment(html));
  else node.append(turn?.text ?? (parcel?.frame.type === "message" ? parcel.frame.text : ""));
  return node;
}

/** @param {Surroundings} page */
function handoffHead(page) {
  return el("p", { class: "handoff__title" }, icon("person"), page.t("handoff.title"));
}

/**
 * Parse what the server has rendered and sanitised; links leave the chat open behind them.
 *
 * @param {string} html
 * @returns {DocumentFragment}
 */
function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const link of template.content.querySelectorAll("a[href^='http']")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
  return template.content;
}

/**
 * @param {Item} item
 * @param {Surroundings} page
 */
function footer({ turn, parcel }, page) {
  const at = new Date(turn?.at ?? parcel?.at ?? Date.now());
  const time = el("time", { datetime: at.toISOString() }, clock(at, page.locale));
  const node = el("div", { class: "turn__foot" });
  if (turn?.role === "system") return node;
  node.append(time);
  if (turn === null || turn.role === "customer") node.append(el("span", { class: "delivery" }));
  if (turn?.kind === "answer") node.append(copyButton(page), feedback(turn, page));
  return node;
}

/** @param {Surroundings} page */
function copyButton(page) {
  const label = page.t("answer.copy");
  const attributes = { type: "button", class: "mini", "aria-label": label, title: label, "data-testid": "copy" };
  const button = el("button", attributes, icon("copy"));
  button.addEventListener("click", () => {
    const text = button.closest(".turn")?.querySelector(".bubble");
    if (text instanceof HTMLElement) page.copy(text);
  });
  return button;
}

/**
 * @param {Turn} turn
 * @param {Surroundings} page
 */
function feedback(turn, page) {
  const node = new TurnFeedback().build(page.t);
  node.addEventListener("vote", (event) => page.vote(turn, /** @type {CustomEvent<Vote>} */ (event).detail));
  return node;
}

/** @param {"bot" | "agent"} role */
function avatar(role) {
  return el("span", { class: `avatar avatar--${role}`, "aria-hidden": "true" }, icon(role === "bot" ? "spark" : "person"));
}

/**
 * @param {Date} at
 * @param {string} locale
 */
function clock(at, locale) {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}
