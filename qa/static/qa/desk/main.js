/**
 * The agents' page: what the parts say to one another.
 */

import { need } from "../chat/dom.js";
import { openStore } from "../chat/preferences.js";
import { listenToKeys } from "../learning/keys.js";
import { word } from "../learning/words.js";
import { Alerts } from "./alerts.js";
import { listenToBases, Presence, showBases, showLine } from "./bar.js";
import { Composer } from "./composer.js";
import { showBot, showContext } from "./context-view.js";
import { Desk, OVER } from "./desk.js";
import { chooseColleague, EntrySearch } from "./dialogs.js";
import { Line } from "./line.js";
import { showList } from "./list-view.js";
import { Suggestions } from "./suggestions.js";
import { hideTyping, showHead, showLog, showTyping, showViewers } from "./talk-view.js";
import { tick } from "./times.js";

/** @typedef {import("./desk.js").Entry} Entry */

const ALERT_MS = 8000;

const root = need("#desk", HTMLElement);
const store = openStore("localStorage");
const presence = new Presence(store);
const alertLine = need("#alert", HTMLElement);
let alertTimer = 0;

const scheme = location.protocol === "https:" ? "wss" : "ws";
const line = new Line(`${scheme}://${location.host}${root.dataset.socket}`, () => ({
  language: root.dataset.language === "en" ? "en" : "zh",
  status: presence.status,
}));
const desk = new Desk(line);
const composer = new Composer(desk, announce);
const alerts = new Alerts(complain);
const suggestions = new Suggestions(desk, sendEntry);
const search = new EntrySearch(desk, refuse);

/** @param {unknown} error */
function refuse(error) {
  complain(error instanceof Error && error.message ? error.message : word("offline"));
}

/**
 * @param {string | Node} words Shown for a while, or for as long as the page is open, and read aloud.
 * @param {boolean} [stays]
 */
function complain(words, stays = false) {
  alertLine.replaceChildren(words);
  alertLine.hidden = false;
  clearTimeout(alertTimer);
  if (!stays) alertTimer = window.setTimeout(() => (alertLine.hidden = true), ALERT_MS);
}

/** @param {string} words */
function announce(words) {
  need("#announcer", HTMLElement).textContent = words;
}

// --- what can be done ---------------------------------------------------------------------------

/** @param {Entry} entry */
function sendEntry(entry) {
  desk.send("send_entry", { entry: entry.entry }, entry.question);
}

/**
 * @param {string} type
 * @param {Record<string, unknown>} [fields]
 */
function step(type, fields) {
  desk.ask(type, fields).catch(refuse);
}

/** @type {import("./turn-view.js").Acts} */
const acts = {
  answered: (turn, entry) => step("link_entry", { turn: turn.seq, entry }),
  which: (turn) => search.toLink((entry) => step("link_entry", { turn: turn.seq, entry: entry?.entry ?? null })),
  draft: (turn) => desk.draft(turn).catch(refuse),
  retry: (parcel) => desk.retry(parcel),
  drop: (parcel) => desk.drop(parcel),
};

/** @type {Record<string, () => void>} */
const steps = {
  claim: () => step("claim"),
  resolve: () => step("resolve"),
  reopen: () => step("reopen"),
  return_to_bot: () => step("return_to_bot"),
  transfer: () => chooseColleague(desk, (to) => step("transfer", { to }), refuse),
};
for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => steps[button.getAttribute("data-act") ?? ""]());
}

/** What a key asked for before the server said how the open conversation stands. */
let early = "";

/** @param {string} act Do it if its button is there to be pressed, or as soon as it is known whether it is. */
function press(act) {
  const button = document.querySelector(`[data-act="${act}"]`);
  if (desk.current !== null && !desk.shown) early = act;
  else if (button instanceof HTMLButtonElement && !button.hidden && desk.current !== null) button.click();
}

function pressEarly() {
  const act = early;
  early = "";
  if (act) press(act);
}

need("#label-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const field = need("#label", HTMLInputElement);
  const name = field.value.trim();
  if (name) step("tag", { name });
  field.value = "";
});
need("#earlier", HTMLButtonElement).addEventListener("click", () => desk.loadEarlier().catch(refuse));
need("#more", HTMLButtonElement).addEventListener("click", () => desk.list({ limit: Math.min(desk.limit + 50, 500) }));

// --- what is shown ------------------------------------------------------------------------------

/** @param {"list" | "talk" | "context"} pane The one that a narrow screen shows. */
function showPane(pane) {
  root.dataset.pane = pane;
}

/** @param {number} conversation */
function open(conversation) {
  if (location.hash !== `#${conversation}`) {
    // One step back leads to the list, however many were looked at.
    if (location.hash) history.replaceState(null, "", `#${conversation}`);
    else history.pushState(null, "", `#${conversation}`);
  }
  desk.open(conversation);
  showPane("talk");
}

function followAddress() {
  const conversation = Number(location.hash.slice(1));
  if (Number.isInteger(conversation) && conversation > 0) open(conversation);
  else if (desk.current !== null) desk.close();
  else showPane("list");
}

function backToList() {
  if (location.hash) history.back();
  else desk.close();
}

/** @param {number} move To the next or previous row. */
function move(move) {
  const { rows } = desk;
  const place = rows.findIndex((row) => row.conversation === desk.current);
  const next = rows[place === -1 ? (move > 0 ? 0 : rows.length - 1) : place + move];
  if (next) open(next.conversation);
}

/** @param {string} view */
function choose(view) {
  alerts.reset();
  desk.list({ view });
  showList(desk);
}

const renderList = () => showList(desk);
const renderTalk = () => {
  showHead(desk);
  showLog(desk, acts);
  showViewers(desk);
  composer.refresh();
};
const contextActs = { untag: (/** @type {string} */ name) => step("untag", { name }), open };

desk.addEventListener("list", () => {
  renderList();
  alerts.counted(desk.listed.counts);
  showBases(desk);
});
desk.addEventListener("opened", () => {
  early = "";
  hideTyping();
  renderTalk();
  showContext(desk, contextActs);
  renderList();
  suggestions.refresh();
  need("#name", HTMLElement).focus({ preventScroll: true });
});
desk.addEventListener("closed", () => {
  if (location.hash) history.replaceState(null, "", location.pathname);
  showPane("list");
  renderTalk();
  showContext(desk, contextActs);
  renderList();
  suggestions.refresh();
  /** @type {HTMLElement | null} */ (document.querySelector(`[data-conversation="${desk.previous}"]`))?.focus();
});
desk.addEventListener("lost", (event) => {
  const error = /** @type {CustomEvent} */ (event).detail;
  complain(error?.message || word("gone"));
});
desk.addEventListener("conversation", () => {
  renderTalk();
  showContext(desk, contextActs);
  suggestions.refresh();
  pressEarly();
});
desk.addEventListener("turns", () => {
  showLog(desk, acts);
  showBot(desk);
  if (desk.said.at(-1)?.role === "customer") hideTyping();
  noteSeen();
  suggestions.refresh();
});
desk.addEventListener("viewers", () => showViewers(desk));
desk.addEventListener("typing", () => showTyping(desk));

function noteSeen() {
  if (!document.hidden) desk.read();
  renderList();
}
document.addEventListener("visibilitychange", noteSeen);

need("#rows", HTMLElement).addEventListener("click", (event) => {
  const row = /** @type {Element} */ (event.target).closest("[data-conversation]");
  if (row) open(Number(row.getAttribute("data-conversation")));
});
for (const tab of document.querySelectorAll("[data-view]")) {
  tab.addEventListener("click", () => choose(tab.getAttribute("data-view") ?? "queue"));
}
need("#to-list", HTMLButtonElement).addEventListener("click", backToList);
need("#to-context", HTMLButtonElement).addEventListener("click", () => showPane("context"));
need("#to-talk", HTMLButtonElement).addEventListener("click", () => showPane("talk"));
addEventListener("popstate", followAddress);
addEventListener("hashchange", followAddress);
setInterval(() => tick(desk.now()), 1000);

// --- the bar ------------------------------------------------------------------------------------

listenToBases((base) => {
  alerts.reset();
  desk.list({ base });
});
presence.listen((status) => line.ask("presence", { status }).catch(refuse));
showLine(line, complain);

listenToKeys(
  {
    j: () => move(1),
    k: () => move(-1),
    c: () => press("claim"),
    e: () => press(OVER.includes(desk.shown?.state) ? "reopen" : "resolve"),
    t: () => press("transfer"),
    b: () => press("return_to_bot"),
    r: () => desk.current !== null && composer.write("say"),
    n: () => desk.current !== null && composer.write("note"),
    s: () => desk.current !== null && !composer.isShut && search.toSend((entry) => entry && sendEntry(entry)),
    a: () => linkLast(),
    y: () => answeredLast(),
    l: () => {
      if (desk.current === null) return;
      showPane("context");
      need("#label", HTMLInputElement).focus();
    },
  },
  (number) => ["queue", "mine", "all"][number - 1] && choose(["queue", "mine", "all"][number - 1]),
);

function linkLast() {
  const last = desk.said.filter((turn) => turn.role === "customer").at(-1);
  if (last) acts.which(last);
}

function answeredLast() {
  const last = desk.said.filter((turn) => turn.entry !== null).at(-1);
  if (last?.entry) acts.answered(last, last.entry);
}

renderTalk();
followAddress();
line.start();
