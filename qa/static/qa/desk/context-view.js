/**
 * Beside the conversation: who the customer is, labels, what the bot understood, which answers were tried.
 */

import { el, icon, need } from "../chat/dom.js";
import { word } from "../learning/words.js";
import { clock } from "./times.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Understood} Understood */

/**
 * @param {Desk} desk
 * @param {{untag: (name: string) => void, open: (conversation: number) => void}} acts
 */
export function showContext(desk, acts) {
  const { shown } = desk;
  need("#about", HTMLElement).hidden = shown === null;
  if (shown === null) return;
  need("#customer", HTMLElement).replaceChildren(...customer(shown));
  need("#labels", HTMLElement).replaceChildren(...shown.labels.map((/** @type {string} */ name) => label(name, acts.untag)));
  need("#past-section", HTMLElement).hidden = shown.past.length === 0;
  need("#past", HTMLElement).replaceChildren(...shown.past.map((/** @type {any} */ past) => earlier(past, acts.open)));
  showBot(desk);
}

/** @param {Desk} desk What the bot made of the last question, and what it and agents have given so far. */
export function showBot(desk) {
  const asked = desk.said.filter((turn) => turn.understood);
  const last = asked.at(-1)?.understood;
  need("#understood", HTMLElement).replaceChildren(...(last ? understood(last) : [quiet("nothing-understood")]));
  const votes = new Map((desk.shown?.marks ?? []).map((/** @type {any} */ mark) => [mark.seq, mark.vote]));
  const given = desk.said.filter((turn) => turn.entry !== null);
  const tried = given.map((turn) => {
    const vote = votes.get(turn.seq);
    const mark = vote ? el("span", { class: `tried__vote tried__vote--${vote}` }, icon(`thumb-${vote}`), el("span", { class: "visually-hidden" }, word(`vote-${vote}`))) : "";
    return el("li", {}, el("span", {}, turn.question), mark);
  });
  need("#tried", HTMLElement).replaceChildren(...(tried.length ? tried : [el("li", { class: "quiet" }, word("nothing-tried"))]));
}

/** @param {any} shown */
function customer(shown) {
  /** @type {[string, string | Node][]} */
  const facts = [[word("name"), shown.name]];
  if (shown.email) facts.push([word("email"), el("a", { href: `mailto:${shown.email}` }, shown.email)]);
  if (shown.phone) facts.push([word("phone"), el("a", { href: `tel:${shown.phone.replace(/[^+\d]/g, "")}` }, shown.phone)]);
  facts.push([word("identity"), word(shown.is_known ? "known" : "anonymous")]);
  for (const { name, value } of shown.attributes) facts.push([name, value]);
  facts.push([word("base"), shown.base.name]);
  if (shown.page) facts.push([word("page"), el("a", { href: shown.page, target: "_blank", rel: "noopener noreferrer" }, shown.page.replace(/^https?:\/\//, ""))]);
  if (shown.widget) facts.push([word("widget"), shown.widget]);
  facts.push([word("language"), word(`language-${shown.language}`)]);
  facts.push([word("began"), clock(shown.created_at)]);
  if (shown.satisfaction !== null) {
    const score = word("rated", { score: shown.satisfaction });
    facts.push([word("rating"), shown.satisfaction_comment ? `${score} – ${shown.satisfaction_comment}` : score]);
  }
  return facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
}

/**
 * @param {string} name
 * @param {(name: string) => void} untag
 */
function label(name, untag) {
  const words = word("label-remove", { name });
  const button = el("button", { type: "button", class: "labels__remove", "aria-label": words, title: words }, icon("close"));
  button.addEventListener("click", () => untag(name));
  return el("li", { class: "badge badge--label" }, name, button);
}

/**
 * @param {any} past
 * @param {(conversation: number) => void} open
 */
function earlier(past, open) {
  const button = el("button", { type: "button", class: "link" }, `${clock(past.at)} · ${word(`state-${past.state}`)}`);
  button.addEventListener("click", () => open(past.conversation));
  return el("li", {}, button);
}

/** @param {Understood} found */
function understood(found) {
  const nodes = [el("h3", {}, word("understood-as")), ...found.readings.map((reading) => el("p", { class: "reading", dir: "auto" }, reading))];
  if (found.terms.length) nodes.push(el("h3", {}, word("terms")), el("p", {}, found.terms.join(" · ")));
  if (found.hits.length) {
    const hits = found.hits.map((hit) => el("li", {}, el("span", {}, hit.question), el("b", {}, percent(hit.probability))));
    nodes.push(el("h3", {}, word("hits")), el("ol", { class: "hits" }, ...hits));
  }
  const needed = found.answer_from === null ? "" : ` (${word("needed", { percent: Math.round(100 * found.answer_from) })})`;
  nodes.push(el("h3", {}, word("decided")), el("p", {}, word(`decision-${found.decision}`), needed));
  return nodes;
}

/** @param {number} share 0..1 @returns {string} */
export function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/** @param {string} name */
function quiet(name) {
  return el("p", { class: "quiet" }, word(name));
}
