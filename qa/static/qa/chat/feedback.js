/**
 * Thumbs under an answer, and why when the thumb is down.
 */

import { button, el, icon } from "./dom.js";
import { t } from "./strings.js";

/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */
/** @typedef {import("./votes.js").Vote} Vote */

/** Codes of the `reason` field. */
const REASONS = ["irrelevant", "incomplete", "unclear", "incorrect"];

/**
 * @param {Turn} turn
 * @param {Surroundings} page
 */
export function buildFeedback(turn, page) {
  const thumbs = /** @type {Vote["vote"][]} */ (["up", "down"]).map((vote) => {
    const label = t(`feedback.${vote}`);
    const onclick = () => page.voteOf(turn.seq)?.vote === vote || page.vote(turn, { vote, reason: null });
    return button({ class: "mini", value: vote, "aria-label": label, title: label, onclick }, icon(`thumb-${vote}`));
  });
  return el("div", { class: "feedback", role: "group", "aria-label": t("feedback.label") }, ...thumbs);
}

/**
 * @param {HTMLElement} node
 * @param {Turn} turn
 * @param {Surroundings} page
 */
export function updateFeedback(node, turn, page) {
  const group = node.querySelector(".feedback");
  const { vote, reason } = page.voteOf(turn.seq) ?? {};
  const reasons = group?.querySelector(".reasons");
  if (vote !== "down") reasons?.remove();
  else if (!reasons) group?.append(buildReasons(turn, page));
  for (const each of group?.querySelectorAll("button") ?? []) {
    each.ariaPressed = String(each.value === vote || each.value === reason);
  }
}

/**
 * @param {Turn} turn
 * @param {Surroundings} page
 */
function buildReasons(turn, page) {
  const why = t("feedback.why");
  const chips = REASONS.map((reason) => {
    const onclick = () => page.vote(turn, { vote: "down", reason });
    return button({ class: "chip", value: reason, onclick }, t(`feedback.${reason}`));
  });
  return el("div", { class: "reasons", role: "group", "aria-label": why }, el("span", { class: "reasons__why" }, why), ...chips);
}
