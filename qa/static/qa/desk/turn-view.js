/**
 * One line of the conversation: a turn, a note, or what is not confirmed yet.
 */

import { el, icon } from "../chat/dom.js";
import { word } from "../learning/words.js";
import { clock } from "./times.js";

/** @typedef {import("./desk.js").Turn} Turn */
/** @typedef {import("./desk.js").Parcel} Parcel */
/**
 * @typedef {object} Acts What a line can do.
 * @property {(turn: Turn, entry: number) => void} answered
 * @property {(turn: Turn) => void} which
 * @property {(turn: Turn) => void} draft
 * @property {(parcel: Parcel) => void} retry
 * @property {(parcel: Parcel) => void} drop
 */
/** @typedef {{seq: number, vote: string | null, linked: string | null}} Mark */

/**
 * @param {Turn} turn
 * @param {Mark | undefined} mark
 * @param {string | undefined} draft - address of the entry that was made of it
 * @param {string} customer
 * @param {Acts} acts
 */
export function turnLine(turn, mark, draft, customer, acts) {
  const node = el("li", {
    class: `said said--${turn.role}`, "data-seq": String(turn.seq), "data-role": turn.role, "data-kind": turn.kind,
    "data-testid": "said",
  });
  if (turn.role === "system") {
    node.append(el("p", { class: "said__text", dir: "auto" }, turn.text), el("time", { datetime: turn.at }, clock(turn.at)));
    return node;
  }
  node.append(head(who(turn, customer), turn.at, ...actions(turn, mark, draft, acts)), text(turn));
  if (turn.options.length) node.append(el("ul", { class: "said__options" }, ...turn.options.map((o) => el("li", {}, o))));
  node.append(...marks(mark));
  return node;
}

/** @param {{author: string, text: string, at: string}} note */
export function noteLine(note) {
  const name = word("note-of", { name: note.author || word("deleted-user") });
  return el(
    "li",
    { class: "said said--note", "data-testid": "note" },
    head(name, note.at),
    el("p", { class: "said__text", dir: "auto" }, note.text),
  );
}

/**
 * @param {Parcel} parcel
 * @param {Acts} acts
 */
export function parcelLine(parcel, acts) {
  const role = parcel.kind === "note" ? "note" : "agent";
  const node = el("li", { class: `said said--${role} said--${parcel.state}`, "data-testid": "parcel" });
  node.append(head(word("you"), parcel.at), el("p", { class: "said__text", dir: "auto" }, parcel.text));
  if (parcel.state === "sending") node.append(el("p", { class: "said__state" }, word("sending")));
  else {
    const retry = small(word("retry"), () => acts.retry(parcel));
    const drop = small(word("discard"), () => acts.drop(parcel));
    const why = word("failed", { why: parcel.why || word("timeout") });
    node.append(el("p", { class: "said__state said__state--failed", role: "alert" }, why), el("div", { class: "said__acts" }, retry, drop));
  }
  return node;
}

/**
 * @param {string} name
 * @param {string} at
 * @param {...Node} acts
 */
function head(name, at, ...acts) {
  return el("div", { class: "said__head" }, el("b", {}, name), el("time", { datetime: at }, clock(at)), ...acts);
}

/**
 * @param {Turn} turn
 * @param {string} customer
 */
function who(turn, customer) {
  if (turn.role === "customer") return customer;
  return turn.role === "bot" ? word("bot") : turn.author || word("agent");
}

/** @param {Turn} turn */
function text(turn) {
  // Entries' answers are Markdown, rendered and sanitised by the server; what people type is shown as it is.
  if (turn.kind !== "answer" || !turn.html) return el("p", { class: "said__text", dir: "auto" }, turn.text);
  const template = document.createElement("template");
  template.innerHTML = turn.html;
  const node = el("div", { class: "said__text prose", dir: "auto" }, template.content);
  return node;
}

/** @param {Mark | undefined} mark */
function marks(mark) {
  const found = [];
  if (mark?.vote) {
    const name = mark.vote === "up" ? "thumb-up" : "thumb-down";
    found.push(el("p", { class: `said__mark said__mark--${mark.vote}` }, icon(name), word(`vote-${mark.vote}`)));
  }
  if (mark && mark.linked !== null) {
    const words = mark.linked ? word("linked", { entry: mark.linked }) : word("linked-none");
    found.push(el("p", { class: "said__mark", "data-testid": "linked" }, icon("check"), words));
  }
  return found;
}

/**
 * @param {Turn} turn
 * @param {Mark | undefined} mark
 * @param {string | undefined} draft
 * @param {Acts} acts
 */
function actions(turn, mark, draft, acts) {
  if (turn.role === "customer") {
    return mark?.linked ? [] : [small(word("which-entry"), () => acts.which(turn))];
  }
  const { entry } = turn;
  if (entry !== null) return [small(word("answered-it"), () => acts.answered(turn, entry))];
  if (turn.role !== "agent") return [];
  if (draft) return [el("a", { href: draft, target: "_blank", rel: "noopener", class: "said__act" }, word("draft"))];
  return [small(word("make-entry"), () => acts.draft(turn))];
}

/**
 * @param {string} words
 * @param {() => void} act
 */
function small(words, act) {
  const button = el("button", { type: "button", class: "said__act" }, words);
  button.addEventListener("click", act);
  return button;
}
