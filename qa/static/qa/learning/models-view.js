/**
 * One training and one release as rows.
 *
 * @typedef {{knowledge_base: string, num_questions: number, live_top1: number, candidate_top1: number,
 *   live_joint: number, candidate_joint: number}} Figure
 * @typedef {{id: number, state: string, state_words: string, trigger: string, asked_by: string, snapshot: string,
 *   num_train: number | null, attempts: number, stage: string, step: number, num_steps: number, loss: number | null,
 *   eta_s: number | null, candidate: string, release: number | null, figures: Figure[], history: string[],
 *   has_report: boolean, created_at: string, finished_at: string}} Job
 * @typedef {{number: number, is_live: boolean, since: string, can_restore: boolean, restores: number | null,
 *   reason: string, model: string, snapshot: string, job: number | null, figures: Figure[], has_report: boolean,
 *   created_at: string}} Release
 */

import { el } from "../chat/dom.js";
import { word } from "./words.js";

const STOPPABLE = new Set(["queued", "running"]);

/** @param {string} text */
export const when = (text) =>
  text ? new Date(text).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }) : "";

/** @param {number} share */
const percent = (share) => (100 * share).toFixed(1);

/** @param {(string | null | false)[]} facts */
export const joined = (facts) => facts.filter(Boolean).join(" · ");

/** @param {Figure[]} figures */
function figureLines(figures) {
  return figures.map((figure) =>
    el(
      "p",
      { class: "model__figures" },
      word("figures", {
        base: figure.knowledge_base,
        before: percent(figure.live_top1),
        after: percent(figure.candidate_top1),
        joint_before: percent(figure.live_joint),
        joint_after: percent(figure.candidate_joint),
        count: figure.num_questions,
      }),
    ),
  );
}

/**
 * @param {Job} job
 * @param {{mayTrain: boolean, reports: string, cancel: (id: number) => void}} around
 */
export function jobRow(job, { mayTrain, reports, cancel }) {
  const facts = joined([
    job.trigger,
    job.asked_by && word("by", { name: job.asked_by }),
    when(job.finished_at || job.created_at),
    job.snapshot && word("snapshot", { hash: job.snapshot }),
    job.num_train !== null && word("rows", { count: job.num_train.toLocaleString() }),
    job.candidate && word("model", { fingerprint: job.candidate }),
  ]);
  return el(
    "li",
    { class: "model", "data-key": `job-${job.id}`, "data-state": job.state },
    el(
      "div",
      { class: "model__head" },
      el("h3", {}, word("training", { id: job.id })),
      el("span", { class: `badge badge--${job.state}` }, job.state_words),
      job.release !== null && el("span", { class: "model__facts" }, word("release", { number: job.release })),
      el("div", { class: "model__buttons" }, reportLink(job.has_report, reports, job.id), stopButton(job, mayTrain, cancel)),
    ),
    el("p", { class: "model__facts" }, facts),
    job.state === "running" && progress(job),
    ...figureLines(job.figures),
    ...job.history.map((line) => el("p", { class: "model__history" }, line)),
  );
}

/** @param {Job} job */
function progress(job) {
  const left = job.eta_s ?? 0;
  const facts = joined([
    job.stage,
    job.num_steps > 0 && word("steps", { step: job.step, total: job.num_steps }),
    job.loss !== null && word("loss", { loss: job.loss.toFixed(3) }),
    job.eta_s !== null &&
      job.step < job.num_steps &&
      (left < 90 ? word("seconds", { count: Math.ceil(left) }) : word("minutes", { count: Math.round(left / 60) })),
    job.attempts > 1 && word("attempt", { count: job.attempts }),
  ]);
  const bar = el("progress", { class: "model__bar", "aria-label": word("training", { id: job.id }) });
  if (job.num_steps > 0) {
    bar.setAttribute("max", String(job.num_steps));
    bar.setAttribute("value", String(job.step));
  }
  return el("div", { class: "model__progress" }, bar, el("p", { class: "model__facts" }, facts));
}

/**
 * @param {Job} job
 * @param {boolean} mayTrain
 * @param {(id: number) => void} cancel
 */
function stopButton(job, mayTrain, cancel) {
  if (!mayTrain || !STOPPABLE.has(job.state)) return false;
  const button = el("button", { type: "button", class: "button button--quiet", id: `stop-${job.id}` }, word("cancel"));
  button.addEventListener("click", () => cancel(job.id));
  return button;
}

/**
 * @param {boolean} isThere
 * @param {string} reports
 * @param {number | null} job
 */
function reportLink(isThere, reports, job) {
  return isThere && el("a", { class: "button button--quiet", href: `${reports}${job}/` }, word("report"));
}

/**
 * @param {Release} release
 * @param {{mayTrain: boolean, reports: string, restore: (number: number) => void}} around
 */
export function releaseRow(release, { mayTrain, reports, restore }) {
  const facts = joined([
    release.reason,
    release.restores !== null && word("as_release", { number: release.restores }),
    release.is_live ? word("since", { when: when(release.since) }) : when(release.created_at),
    word("model", { fingerprint: release.model }),
    release.snapshot && word("snapshot", { hash: release.snapshot }),
    release.job !== null && word("training", { id: release.job }),
  ]);
  return el(
    "li",
    { class: "model", "data-key": `release-${release.number}` },
    el(
      "div",
      { class: "model__head" },
      el("h3", {}, word("release", { number: release.number })),
      release.is_live && el("span", { class: "badge badge--done" }, word("live")),
      el(
        "div",
        { class: "model__buttons" },
        reportLink(release.has_report, reports, release.job),
        mayTrain && release.can_restore && restoreButton(release.number, restore),
      ),
    ),
    el("p", { class: "model__facts" }, facts),
    ...figureLines(release.figures),
  );
}

/**
 * @param {number} number
 * @param {(number: number) => void} restore
 */
function restoreButton(number, restore) {
  const name = `${word("restore")}: ${word("release", { number })}`;
  const button = el(
    "button",
    { type: "button", class: "button button--quiet", id: `restore-${number}`, "aria-label": name },
    word("restore"),
  );
  button.addEventListener("click", () => restore(number));
  return button;
}
