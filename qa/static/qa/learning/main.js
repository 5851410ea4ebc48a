/**
 * The reviewers' page: wires queue, views and keys together.
 *
 * @typedef {import("./api.js").Item} Item
 */

import { need } from "../chat/dom.js";
import { Api, canBePhrasing } from "./api.js";
import { showCard } from "./card-view.js";
import { listenToKeys } from "./keys.js";
import { showList } from "./list-view.js";
import { Queue } from "./queue.js";
import { showReviewed } from "./reviewed-view.js";
import { SearchDialog } from "./search-dialog.js";
import { word } from "./words.js";

const LOOK_AGAIN_MS = [2000, 4000, 8000, 16000];
const HOUR_MS = 3_600_000;

const root = need("#review", HTMLElement);
const api = new Api(root.dataset.api ?? "", root.dataset.base ?? "", root.dataset.csrf ?? "");
const queue = new Queue(api);
const mayEdit = "mayEdit" in root.dataset;
const notice = need("#notice", HTMLElement);
const noticeText = need("#notice-text", HTMLElement);
const noticePhrasing = need("#notice-phrasing", HTMLButtonElement);
const alertLine = need("#alert", HTMLElement);
const undoButton = need('[data-act="undo"]', HTMLButtonElement);
const search = new SearchDialog(api, (entry) => correct(entry), refuse);
const startedAt = Date.now();

/** @param {unknown} error */
function refuse(error) {
  alertLine.textContent = error instanceof Error ? error.message : String(error);
  alertLine.hidden = false;
}

/**
 * @param {string} text
 * @param {Item | null} item Of which a phrasing can be made.
 */
function say(text, item = null) {
  noticeText.textContent = text;
  notice.hidden = false;
  noticePhrasing.hidden = !(mayEdit && item && canBePhrasing(item));
}

/** @param {string | null} entry */
function correct(entry) {
  alertLine.hidden = true;
  queue.decide(
    entry === null
      ? { verdict: "correct", label: "out_of_scope" }
      : { verdict: "correct", label: "entry", entry },
  );
}

const actions = {
  confirm() {
    alertLine.hidden = true;
    if (queue.current?.proposal === "unknown") refuse(new Error(word("nothing-proposed")));
    else queue.decide({ verdict: "confirm" });
  },
  search() {
    if (queue.current) search.open(queue.current.language);
  },
  outside: () => correct(null),
  discard() {
    alertLine.hidden = true;
    queue.decide({ verdict: "discard" });
  },
  skip: () => queue.move(1),
  undo: () => queue.undo(),
  phrasing() {
    if (mayEdit) queue.addPhrasing();
  },
};

function render() {
  showCard(queue.current, correct);
  showList(queue);
  need("#empty", HTMLElement).hidden = queue.items.length > 0 || queue.numWaiting > 0 || queue.isLoading;
  need("#dock", HTMLElement).hidden = queue.items.length === 0 && queue.done.length === 0;
  undoButton.disabled = queue.done.length === 0;
  for (const name of ["confirm", "search", "outside", "discard", "skip"]) {
    need(`[data-act="${name}"]`, HTMLButtonElement).disabled = queue.current === undefined;
  }
  const parts = [word("waiting", { count: queue.numWaiting })];
  if (queue.numDone) {
    parts.push(word("done", { count: queue.numDone }));
    const rate = Math.round((queue.numDone * HOUR_MS) / Math.max(Date.now() - startedAt, 1000));
    if (queue.numDone >= 5) parts.push(word("rate", { count: rate }));
  }
  need("#progress", HTMLElement).textContent = parts.join(" · ");
}

queue.addEventListener("changed", render);
queue.addEventListener("refused", (event) => refuse(/** @type {CustomEvent} */ (event).detail));
queue.addEventListener("decided", (event) => {
  const item = /** @type {CustomEvent<Item>} */ (event).detail;
  say(word(item.state, { label: item.entry?.question ?? word("outside-short") }), item);
});
queue.addEventListener("undone", (event) => {
  say(word("undone", { text: /** @type {CustomEvent<Item>} */ (event).detail.text }));
});
queue.addEventListener("phrased", (event) => {
  const item = /** @type {CustomEvent<Item>} */ (event).detail;
  say(item.entry ? word("phrased", { label: item.entry.question }) : word("declined"));
});

for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => actions[/** @type {HTMLElement} */ (button).dataset.act ?? ""]());
}
noticePhrasing.addEventListener("click", actions.phrasing);

for (const tab of document.querySelectorAll("[data-view]")) {
  tab.addEventListener("click", () => {
    const isQueue = /** @type {HTMLElement} */ (tab).dataset.view === "queue";
    for (const other of document.querySelectorAll("[data-view]")) {
      other.setAttribute("aria-pressed", String(other === tab));
    }
    need("#queue-view", HTMLElement).hidden = !isQueue;
    need("#reviewed-view", HTMLElement).hidden = isQueue;
    alertLine.hidden = true;
    if (isQueue) queue.load().catch(refuse);
    else queue.sending.then(() => showReviewed(api, mayEdit, refuse));
  });
}

need("#propose", HTMLButtonElement).addEventListener("click", async () => {
  try {
    await api.propose();
    need("#dock", HTMLElement).hidden = false;
    say(word("looking"));
    for (const pause of LOOK_AGAIN_MS) {
      await new Promise((resume) => setTimeout(resume, pause));
      if (queue.items.length) break;
      await queue.load();
    }
  } catch (error) {
    refuse(error);
  }
});

document.querySelector("#base")?.addEventListener("change", (event) => {
  /** @type {HTMLSelectElement} */ (event.target).form?.submit();
});

/** @param {() => void} act Only where the queue is shown. */
const inQueue = (act) => () => {
  if (!need("#queue-view", HTMLElement).hidden) act();
};
listenToKeys(
  {
    Enter: inQueue(actions.confirm),
    "/": inQueue(actions.search),
    o: inQueue(actions.outside),
    x: inQueue(actions.discard),
    u: inQueue(actions.undo),
    p: inQueue(actions.phrasing),
    j: inQueue(actions.skip),
    k: inQueue(() => queue.move(-1)),
    ArrowDown: inQueue(actions.skip),
    ArrowUp: inQueue(() => queue.move(-1)),
  },
  (number) => {
    const entry = queue.current?.suggestions[number - 1];
    if (entry && !need("#queue-view", HTMLElement).hidden) correct(entry.id);
  },
);

queue.load().catch(refuse);
