/**
 * The open conversation: head, log, who types and who else looks.
 */

import { el, icon, need } from "../chat/dom.js";
import { word } from "../learning/words.js";
import { OVER } from "./desk.js";
import { ending, urgency } from "./list-view.js";
import { tick } from "./times.js";
import { noteLine, parcelLine, turnLine } from "./turn-view.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./turn-view.js").Acts} Acts */

const NEAR_PX = 120;
const TYPING_MS = 6000;
const ACTS = ".said__act";

const scroll = need("#scroll", HTMLElement);
const log = need("#log", HTMLOListElement);
const typing = need("#typing", HTMLElement);
let typingTimer = 0;
/** Whether the end of the log is in sight, and is to stay so when what is below it grows. */
let isAtEnd = true;
scroll.addEventListener("scroll", () => (isAtEnd = isNearEnd()));
new ResizeObserver(() => {
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
}).observe(scroll);
/** @type {number | null} whose log is shown */
let shownOf = null;

/** @param {Desk} desk */
export function showHead(desk) {
  const { shown } = desk;
  need("#nothing", HTMLElement).hidden = desk.current !== null;
  need("#open", HTMLElement).hidden = desk.current === null;
  need("#name", HTMLElement).textContent = shown?.name ?? "…";
  need("#facts", HTMLElement).replaceChildren(...(shown ? facts(shown) : []));
  const isOver = OVER.includes(shown?.state);
  const isOthers = shown?.state === "assigned" && !shown.is_mine;
  allow("claim", !!shown && !shown.is_mine && !isOver && !isOthers);
  allow("resolve", !!shown && !isOver && shown.state !== "bot" && !isOthers);
  allow("reopen", isOver);
  allow("transfer", !!shown?.is_mine);
  allow("return_to_bot", !!shown && !isOver && shown.state !== "bot" && !isOthers);
  // One thing is the next to do: to take it, and when it is taken, to settle it.
  const resolve = need('[data-act="resolve"]', HTMLElement);
  resolve.classList.toggle("button--primary", !!shown?.is_mine);
  resolve.classList.toggle("button--quiet", !shown?.is_mine);
  tick(desk.now(), need("#facts", HTMLElement));
}

/**
 * @param {string} act
 * @param {boolean} isAllowed
 */
function allow(act, isAllowed) {
  need(`[data-act="${act}"]`, HTMLButtonElement).hidden = !isAllowed;
}

/** @param {any} shown */
function facts(shown) {
  const found = [];
  if (shown.is_urgent) found.push(el("span", { class: "badge badge--urgent" }, icon("warn"), urgency(shown.reason)));
  if (shown.is_mine) found.push(el("span", { class: "badge badge--mine" }, word("mine")));
  else if (OVER.includes(shown.state)) found.push(...ending(shown.state, shown.assignee?.name));
  else if (shown.assignee) found.push(el("span", { class: "badge" }, word("with", { name: shown.assignee.name })));
  else found.push(el("span", { class: "badge", "data-testid": "state" }, word(`state-${shown.state}`)));
  if (["request", "misses"].includes(shown.reason) && !OVER.includes(shown.state)) {
    found.push(el("span", { class: "badge" }, word(`reason-${shown.reason}`)));
  }
  if (shown.due_at) found.push(el("span", { class: "due", "data-due": shown.due_at }));
  else if (shown.waiting_since && shown.state === "ticket") found.push(el("span", { class: "badge", "data-since": shown.waiting_since }));
  return found;
}

/**
 * @param {Desk} desk
 * @param {Acts} acts
 */
export function showLog(desk, acts) {
  const isNew = shownOf !== desk.current || !desk.isLoaded;
  const before = { height: scroll.scrollHeight, top: scroll.scrollTop, first: log.firstElementChild?.getAttribute("data-seq") };
  const focus = focusedIn();
  log.replaceChildren(...lines(desk, acts));
  focus();
  need("#earlier", HTMLElement).hidden = !desk.hasEarlier;
  if (isNew) isAtEnd = true;
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
  else if (before.first !== log.firstElementChild?.getAttribute("data-seq")) {
    scroll.scrollTop = before.top + scroll.scrollHeight - before.height; // what was read stays where it was
  } else scroll.scrollTop = before.top;
  if (desk.isLoaded) shownOf = desk.current;
}

function isNearEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_PX;
}

/** Remember which button of which line has the focus; the log is built anew under it. */
function focusedIn() {
  const focused = document.activeElement;
  const line = focused?.closest("#log [data-seq]");
  if (!focused || !line) return () => {};
  const place = [...line.querySelectorAll(ACTS)].indexOf(focused);
  const again = `[data-seq="${line.getAttribute("data-seq")}"]`;
  return () => {
    /** @type {HTMLElement | undefined} */ (log.querySelector(again)?.querySelectorAll(ACTS)[place])?.focus({ preventScroll: true });
  };
}

/**
 * @param {Desk} desk
 * @param {Acts} acts
 * @returns {HTMLElement[]} turns and notes in the order of their times, then what is not confirmed
 */
function lines(desk, acts) {
  const marks = new Map((desk.shown?.marks ?? []).map((/** @type {any} */ mark) => [mark.seq, mark]));
  const name = desk.shown?.name ?? "…";
  const said = desk.said.map((turn) => ({ at: Date.parse(turn.at), node: turnLine(turn, marks.get(turn.seq), desk.drafts.get(turn.seq), name, acts) }));
  const start = desk.hasEarlier ? (said[0]?.at ?? 0) : 0;
  const notes = (desk.shown?.notes ?? []).map((/** @type {any} */ note) => ({ at: Date.parse(note.at), node: noteLine(note) }));
  const all = [...said, ...notes.filter((/** @type {any} */ note) => note.at >= start)].sort((one, other) => one.at - other.at);
  return [...all.map(({ node }) => node), ...desk.parcels.map((parcel) => parcelLine(parcel, acts))];
}

/** @param {Desk} desk */
export function showTyping(desk) {
  typing.textContent = word("typing", { name: desk.shown?.name ?? "…" });
  typing.hidden = false;
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
  clearTimeout(typingTimer);
  typingTimer = window.setTimeout(hideTyping, TYPING_MS);
}

export function hideTyping() {
  typing.hidden = true;
}

/** @param {Desk} desk */
export function showViewers(desk) {
  const node = need("#viewers", HTMLElement);
  const writing = desk.viewers.filter((viewer) => viewer.is_typing);
  const named = (writing.length ? writing : desk.viewers).map((viewer) => viewer.name);
  node.hidden = named.length === 0;
  node.dataset.writing = String(writing.length > 0);
  if (!named.length) return node.replaceChildren();
  const names = new Intl.ListFormat(document.documentElement.lang).format(named);
  node.replaceChildren(icon(writing.length ? "warn" : "eye"), word(writing.length ? "viewing-typing" : "viewing", { names }));
}
