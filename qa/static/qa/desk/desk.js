/**
 * What the page knows: the list, the open conversation, and what was said and is not confirmed yet.
 *
 * Events: `list`, `conversation`, `turns` (something of the open one changed), `opened`, `closed`, `viewers`, `typing`.
 */

import { newId } from "../chat/outbox.js";

/** States of a conversation that is over. */
export const OVER = ["resolved", "closed"];

/** @typedef {import("./line.js").Line} Line */
/**
 * @typedef {{conversation: number, base: number, name: string, excerpt: string, excerpt_role: string, state: string,
 *   assignee: string | null, is_mine: boolean, is_urgent: boolean, reason: string, waiting_since: string | null,
 *   due_at: string | null, last_at: string | null, last_seq: number, num_unanswered: number, is_unread: boolean,
 *   labels: string[]}} Row
 * @typedef {{entry: number, code: string, question: string, html: string, probability: number | null}} Entry
 * @typedef {{readings: string[], terms: string[], hits: {entry: number, question: string, probability: number}[],
 *   decision: string, answer_from: number | null}} Understood
 * @typedef {{seq: number, role: string, kind: string, text: string, html: string, at: string, author: string,
 *   client_id: string | null, entry: number | null, question: string, options: string[],
 *   understood: Understood | null}} Turn
 * @typedef {{id: string, kind: "say" | "send_entry" | "note", fields: Record<string, unknown>, text: string,
 *   at: string, state: "sending" | "failed", why: string}} Parcel
 */

export class Desk extends EventTarget {
  view = "queue";
  /** @type {number | null} */
  base = null;
  limit = 50;
  /** @type {any} the last list frame */
  listed = null;
  /** @type {number | null} */
  current = null;
  /** @type {number | null} the one that was closed last */
  previous = null;
  /** @type {any} the last conversation frame of the open one */
  shown = null;
  /** @type {Map<number, Turn>} by seq */
  turns = new Map();
  /** @type {Map<number, string>} addresses of the entries that were made of turns, by seq */
  drafts = new Map();
  hasEarlier = false;
  isLoaded = false;
  /** @type {Map<number, Parcel[]>} by conversation */
  #parcels = new Map();
  /** @type {{name: string, is_typing: boolean}[]} */
  viewers = [];
  /** @type {Map<number, number>} the seq that was read last here, by conversation; the server knows of other browsers */
  #read = new Map();
  /** How far the server's clock is ahead of ours, in ms. */
  ahead = 0;

  /** @param {Line} line */
  constructor(line) {
    super();
    this.line = line;
    line.addEventListener("welcome", (event) => this.#welcome(/** @type {CustomEvent} */ (event).detail));
    line.addEventListener("frame", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
  }

  /** @returns {number} ms since 1970 on the server's clock */
  now() {
    return Date.now() + this.ahead;
  }

  /** @returns {Row[]} */
  get rows() {
    return this.listed?.rows ?? [];
  }

  /** @returns {Turn[]} in order */
  get said() {
    return [...this.turns.values()].sort((one, other) => one.seq - other.seq);
  }

  /** @returns {Parcel[]} of the open conversation */
  get parcels() {
    return this.#parcels.get(this.current ?? 0) ?? [];
  }

  /** @param {{view?: string, base?: number | null, limit?: number}} wanted */
  list(wanted) {
    Object.assign(this, { limit: 50 }, wanted);
    this.line.mention("list", { view: this.view, base: this.base, limit: this.limit });
  }

  /** @param {number} conversation */
  open(conversation) {
    if (conversation === this.current) return this.#emit("opened");
    this.current = conversation;
    this.#forget();
    this.#emit("opened");
    this.line.ask("open", { conversation, after: 0 }).catch((error) => this.#lost(conversation, error));
  }

  close() {
    this.previous = this.current;
    this.current = null;
    this.#forget();
    this.line.mention("leave", {});
    this.#emit("closed");
  }

  /**
   * Do something with the open conversation.
   *
   * @param {string} type
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<any>}
   */
  ask(type, fields = {}) {
    return this.line.ask(type, { conversation: this.current, ...fields });
  }

  /** Make an entry of a turn, and show where it is. @param {Turn} turn */
  async draft(turn) {
    const { drafts } = this; // of this conversation, though another is open by then
    drafts.set(turn.seq, (await this.ask("draft_entry", { turn: turn.seq })).url);
    this.#emit("turns");
  }

  /** Note that all of the open conversation that is here was read. */
  read() {
    const { current } = this;
    const seq = this.said.at(-1)?.seq ?? 0;
    if (current === null || seq <= (this.#read.get(current) ?? 0)) return;
    this.#read.set(current, seq);
    this.ask("read", { seq }).catch(() => this.#read.delete(current)); // it is said again with the next turn
  }

  /** @param {Row} row */
  isUnread = (row) => row.is_unread && row.last_seq > (this.#read.get(row.conversation) ?? 0);

  async loadEarlier() {
    const first = this.said[0]?.seq ?? 1;
    const page = await this.ask("earlier", { before: first });
    if (page.conversation === this.current) this.#add(page, page.has_earlier);
  }

  /**
   * Say, send or note something: shown at once, confirmed later.
   *
   * @param {Parcel["kind"]} kind
   * @param {Record<string, unknown>} fields
   * @param {string} text What is shown meanwhile.
   */
  send(kind, fields, text) {
    const conversation = this.current ?? 0;
    /** @type {Parcel} */
    const parcel = {
      id: newId(), kind, fields: { conversation, ...fields }, text, at: new Date(this.now()).toISOString(), state: "sending", why: "",
    };
    this.#parcels.set(conversation, [...this.parcels, parcel]);
    return this.#deliver(parcel);
  }

  /** @param {Parcel} parcel */
  retry(parcel) {
    parcel.state = "sending";
    return this.#deliver(parcel);
  }

  /** @param {Parcel} parcel */
  drop(parcel) {
    const conversation = Number(parcel.fields.conversation);
    this.#parcels.set(conversation, (this.#parcels.get(conversation) ?? []).filter((other) => other !== parcel));
    this.#emit("turns");
  }

  /** @param {Parcel} parcel */
  async #deliver(parcel) {
    this.#emit("turns");
    try {
      await this.line.ask(parcel.kind, parcel.fields, parcel.id);
      // A turn comes by itself and takes the parcel's place; a note does with the conversation.
      if (parcel.kind === "note") setTimeout(() => this.drop(parcel), 300);
      else if (this.#isThere(parcel) || parcel.fields.conversation !== this.current) this.drop(parcel);
    } catch (error) {
      parcel.state = "failed";
      parcel.why = /** @type {Error} */ (error).message;
      this.#emit("turns");
    }
  }

  /** @param {Parcel} parcel */
  #isThere(parcel) {
    return [...this.turns.values()].some((turn) => turn.client_id === parcel.id);
  }

  /** @param {any} frame */
  #welcome(frame) {
    this.ahead = Date.parse(frame.now) - Date.now();
    this.user = frame.user;
    this.list({ limit: this.limit });
    const { current } = this;
    if (current === null) return;
    this.viewers = []; // a new socket says who is there, and says nothing where nobody is
    this.#emit("viewers");
    const after = this.isLoaded ? Math.max(0, ...this.turns.keys()) : 0;
    this.line.ask("open", { conversation: current, after }).catch((error) => this.#lost(current, error));
  }

  /** @param {any} frame */
  #take(frame) {
    if (frame.type === "list") {
      if (frame.view !== this.view || frame.base !== this.base) return;
      this.listed = frame;
      this.#emit("list");
    } else if (frame.conversation !== this.current) return;
    else if (frame.type === "conversation") {
      this.shown = frame;
      this.#emit("conversation");
    } else if (frame.type === "turns") this.#add(frame, this.isLoaded ? this.hasEarlier : frame.has_earlier);
    else if (frame.type === "viewers") {
      this.viewers = frame.viewers;
      this.#emit("viewers");
    } else if (frame.type === "typing") this.#emit("typing");
    else if (frame.type === "gone") this.#lost(frame.conversation, null);
  }

  /**
   * @param {any} page
   * @param {boolean} hasEarlier
   */
  #add(page, hasEarlier) {
    for (const turn of page.turns) this.turns.set(turn.seq, turn);
    this.hasEarlier = hasEarlier;
    this.isLoaded = true;
    const there = this.parcels.filter((parcel) => !this.#isThere(parcel));
    if (there.length !== this.parcels.length) this.#parcels.set(this.current ?? 0, there);
    this.#emit("turns");
  }

  /**
   * @param {number} conversation
   * @param {unknown} error
   */
  #lost(conversation, error) {
    if (conversation !== this.current) return;
    this.current = null;
    this.#forget();
    this.dispatchEvent(new CustomEvent("lost", { detail: error }));
    this.#emit("closed");
  }

  #forget() {
    this.shown = null;
    this.turns = new Map();
    this.drafts = new Map();
    this.hasEarlier = this.isLoaded = false;
    this.viewers = [];
  }

  /** @param {string} type */
  #emit(type) {
    this.dispatchEvent(new Event(type));
  }
}
