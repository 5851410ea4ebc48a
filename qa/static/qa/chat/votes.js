/**
 * The customer's votes on answers; the protocol doesn't replay them, so the browser remembers.
 */

/** @typedef {import("./preferences.js").Store} Store */
/** @typedef {{vote: "up" | "down", reason: string | null}} Vote */

export class Votes {
  #store;
  #key;
  /** @type {string | null} */
  #conversation = null;
  /** @type {Record<string, Vote>} by `seq` of the turn */
  #votes = {};

  /**
   * @param {Store} store
   * @param {string} widget
   */
  constructor(store, widget) {
    this.#store = store;
    this.#key = `hangjia.votes:${widget}`;
  }

  /** @param {string} conversation - votes of any other one are forgotten */
  enter(conversation) {
    if (conversation === this.#conversation) return;
    this.#conversation = conversation;
    this.#votes = {};
    try {
      const stored = JSON.parse(this.#store.getItem(this.#key) ?? "null");
      if (stored?.conversation === conversation) this.#votes = stored.votes ?? {};
    } catch {
      // Written by something else: begin without.
    }
  }

  /**
   * @param {number} seq
   * @returns {Vote | null}
   */
  get(seq) {
    return this.#votes[seq] ?? null;
  }

  /**
   * @param {number} seq
   * @param {Vote | null} vote - null takes it back
   */
  set(seq, vote) {
    if (vote === null) delete this.#votes[seq];
    else this.#votes[seq] = vote;
    this.#store.setItem(this.#key, JSON.stringify({ conversation: this.#conversation, votes: this.#votes }));
  }
}
