/**
 * What runs beside the live model, where the two disagree, and what could run.
 *
 * @typedef {{id: number, text: string, live: string, shadow: string, asked_at: string}} Disagreement
 * @typedef {{model: string, is_running: boolean, started_at: string, num_compared: number, num_skipped: number,
 *   num_disagreed: number, disagreements: Disagreement[]}} Shadow
 * @typedef {{trial: number, model: string, judged_at: string}} Candidate
 */

import { el } from "../chat/dom.js";
import { joined, when } from "./models-view.js";
import { word } from "./words.js";

/**
 * @param {Shadow} shadow
 * @returns {string}
 */
export function shadowLine(shadow) {
  return joined([
    word("model", { fingerprint: shadow.model }),
    word(shadow.is_running ? "shadow-runs" : "shadow-stopped"),
    when(shadow.started_at),
    word("compared", { count: shadow.num_compared, differ: shadow.num_disagreed }),
    shadow.num_skipped > 0 && word("skipped", { count: shadow.num_skipped }),
  ]);
}

/** @param {Disagreement} one */
export function disagreementRow(one) {
  return el(
    "li",
    { class: "model", "data-key": `disagreement-${one.id}` },
    el("p", { class: "model__question" }, one.text),
    el("p", { class: "model__facts" }, joined([word("live-says", { words: one.live }), word("shadow-says", { words: one.shadow }), when(one.asked_at)])),
  );
}

/**
 * @param {Candidate} candidate
 * @param {boolean} mayTrain
 * @param {(candidate: Candidate) => void} run
 */
export function candidateRow(candidate, mayTrain, run) {
  const name = word("model", { fingerprint: candidate.model });
  const button = el(
    "button",
    { type: "button", class: "button button--quiet", id: `beside-${candidate.trial}`, "aria-label": `${word("beside")}: ${name}` },
    word("beside"),
  );
  button.addEventListener("click", () => run(candidate));
  return el(
    "li",
    { class: "model", "data-key": `candidate-${candidate.trial}` },
    el("div", { class: "model__head" }, el("h3", {}, name), el("div", { class: "model__buttons" }, mayTrain && button)),
    el("p", { class: "model__facts" }, word("blessed", { when: when(candidate.judged_at) })),
  );
}
