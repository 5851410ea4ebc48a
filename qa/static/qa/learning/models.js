/**
 * The models' page: asks what trainings and releases there are, shows them, and asks again while something moves.
 *
 * @typedef {import("./models-view.js").Job} Job
 * @typedef {import("./models-view.js").Release} Release
 * @typedef {import("./shadow-view.js").Shadow} Shadow
 * @typedef {import("./shadow-view.js").Candidate} Candidate
 * @typedef {{jobs: Job[], releases: Release[], num_new_reviews: number, trouble: string, shadow: Shadow | null,
 *   candidates: Candidate[]}} Models
 */

import { need } from "../chat/dom.js";
import { confirm } from "./confirm.js";
import { callJson } from "./http.js";
import { jobRow, joined, releaseRow } from "./models-view.js";
import { candidateRow, disagreementRow, shadowLine } from "./shadow-view.js";
import { word } from "./words.js";

const BUSY_MS = 1000;
const IDLE_MS = 10_000;
const UNFINISHED = new Set(["queued", "running", "cancelling"]);

const root = need("#models", HTMLElement);
const { api = "", csrf = "", reports = "" } = root.dataset;
const mayTrain = "mayTrain" in root.dataset;
const alertLine = need("#alert", HTMLElement);
/** @type {number | undefined} */
let timer;
let isOffline = false;
/** @type {Map<number, string>} */
const states = new Map();

const endButton = need("#end-shadow", HTMLButtonElement);

/** @param {unknown} error */
function refuse(error) {
  alertLine.textContent = error instanceof Error ? error.message : String(error);
  alertLine.hidden = false;
}

/** @param {string} text */
function say(text) {
  need("#said", HTMLElement).textContent = text;
}

/** @param {Models} models */
function show(models) {
  // A row that is the same stays: focus and selection are not lost once a second.
  keep(need("#jobs", HTMLElement), models.jobs.map((job) => jobRow(job, { mayTrain, reports, cancel })));
  keep(need("#releases", HTMLElement), models.releases.map((release) => releaseRow(release, { mayTrain, reports, restore })));
  const { shadow, candidates, trouble } = models;
  need("#shadow", HTMLElement).hidden = shadow === null && candidates.length === 0;
  need("#shadow-facts", HTMLElement).textContent = shadow ? shadowLine(shadow) : word("no-shadow");
  endButton.hidden = !mayTrain || !shadow?.is_running;
  endButton.dataset.model = shadow?.model ?? "";
  keep(need("#candidates", HTMLElement), candidates.map((one) => candidateRow(one, mayTrain, runBeside)));
  need("#differ-title", HTMLElement).hidden = !shadow?.disagreements.length;
  keep(need("#disagreements", HTMLElement), shadow ? shadow.disagreements.map(disagreementRow) : []);
  need("#trouble", HTMLElement).hidden = trouble === "";
  need("#trouble", HTMLElement).textContent = trouble && word("trouble", { detail: trouble });
  need("#no-jobs", HTMLElement).hidden = models.jobs.length > 0;
  need("#no-releases", HTMLElement).hidden = models.releases.length > 0;
  need("#fresh", HTMLElement).textContent = word("fresh", { count: models.num_new_reviews });
  for (const job of models.jobs) {
    const before = states.get(job.id);
    if (before !== undefined && before !== job.state) say(`${word("training", { id: job.id })}: ${job.state_words}`);
    states.set(job.id, job.state);
  }
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement[]} rows
 */
function keep(list, rows) {
  const old = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.key, row]));
  const wanted = rows.map((row) => {
    const there = old.get(row.dataset.key);
    return there && there.outerHTML === row.outerHTML ? there : row;
  });
  const isSame = wanted.length === list.children.length && wanted.every((row, place) => row === list.children[place]);
  if (isSame) return;
  const focused = document.activeElement?.id;
  list.replaceChildren(...wanted);
  if (focused) document.getElementById(focused)?.focus();
}

async function load() {
  clearTimeout(timer);
  let pause = IDLE_MS;
  try {
    const models = /** @type {Models} */ (await callJson(api, csrf));
    show(models);
    if (isOffline) alertLine.hidden = true;
    isOffline = false;
    if (models.jobs.some((job) => UNFINISHED.has(job.state))) pause = BUSY_MS;
  } catch (error) {
    isOffline = true;
    refuse(error);
  }
  timer = window.setTimeout(load, pause);
}

/**
 * Do something on the server, show what came of it, and say so.
 *
 * @template Answer
 * @param {string} path
 * @param {(answer: Answer) => string} words
 */
async function act(path, words) {
  alertLine.hidden = true;
  try {
    const answer = /** @type {Answer} */ (await callJson(`${api}${path}`, csrf, {}));
    await load();
    say(words(answer));
  } catch (error) {
    refuse(error);
  }
}

/** @param {number} id */
const cancel = (id) => act(`${id}/cancel/`, () => "");

/** @param {number} number */
function restore(number) {
  /** @param {{release: number}} answer */
  const words = ({ release }) => `${word("release", { number: release })}: ${word("live")}`;
  confirm("restore", { number }, () => act(`releases/${number}/restore/`, words));
}

/** @param {Candidate} candidate */
function runBeside({ trial, model }) {
  const words = () => joined([word("model", { fingerprint: model }), word("shadow-runs")]);
  confirm("beside", { fingerprint: model }, () => act(`trials/${trial}/shadow/`, words));
}

function endShadow() {
  const { model } = endButton.dataset;
  const words = () => joined([word("model", { fingerprint: model ?? "" }), word("shadow-stopped")]);
  confirm("end", { fingerprint: model ?? "" }, () => act("shadow/stop/", words));
}

endButton.addEventListener("click", endShadow);
document.querySelector("#start")?.addEventListener("click", () => act("start/", () => word("queued")));

load();
