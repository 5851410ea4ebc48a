/**
 * What waits, where the reviewer is in it, and what was done. Decisions are shown at once and sent in order, one after
 * the other; what the server refuses comes back.
 *
 * @typedef {import("./api.js").Item} Item
 * @typedef {import("./api.js").Judgement} Judgement
 */

import { canBePhrasing } from "./api.js";

const FEW = 10;

export class Queue extends EventTarget {
  /** @param {import("./api.js").Api} api */
  constructor(api) {
    super();
    this.api = api;
    /** @type {Item[]} */
    this.items = [];
    this.place = 0;
    this.numWaiting = 0;
    this.numDone = 0;
    /** @type {Item[]} Decided here, the last one last. */
    this.done = [];
    /** @type {Promise<void>} */
    this.sending = Promise.resolve();
    this.isLoading = false;
  }

  /** @returns {Item | undefined} */
  get current() {
    return this.items[this.place];
  }

  /** @returns {Item | undefined} */
  get last() {
    return this.done[this.done.length - 1];
  }

  /** Fetch what waits and add what is not here yet. */
  async load() {
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      const { items, num_waiting } = await this.api.queue("proposed");
      const decided = new Set(this.done.filter((item) => !item.undone).map((item) => item.id));
      const known = new Set([...this.items.map((item) => item.id), ...decided]);
      this.items.push(...items.filter((item) => !known.has(item.id)));
      this.numWaiting = num_waiting;
    } finally {
      this.isLoading = false;
    }
    this.#changed();
  }

  /** @param {number} step */
  move(step) {
    this.place = Math.max(0, Math.min(this.items.length - 1, this.place + step));
    this.#changed();
  }

  /** @param {number} id */
  goTo(id) {
    const place = this.items.findIndex((item) => item.id === id);
    if (place >= 0) this.place = place;
    this.#changed();
  }

  /**
   * Decide on the current item.
   *
   * @param {Judgement} judgement
   */
  decide(judgement) {
    const item = this.current;
    if (item === undefined) return;
    this.items.splice(this.place, 1);
    this.place = Math.min(this.place, Math.max(0, this.items.length - 1));
    this.done.push(item);
    this.numWaiting = Math.max(0, this.numWaiting - 1);
    this.numDone += 1;
    this.#changed();
    this.#send(async () => {
      try {
        const answer = await this.api.decide(item.id, judgement);
        Object.assign(item, answer.item);
        this.dispatchEvent(new CustomEvent("decided", { detail: item }));
      } catch (error) {
        this.#giveBack(item);
        throw error;
      }
    });
    if (this.items.length < FEW && this.numWaiting > this.items.length) this.#send(() => this.load());
  }

  /** Take the last decision back; its item is the current one again. */
  undo() {
    this.#send(async () => {
      const item = this.last;
      if (item === undefined) return;
      const answer = await this.api.undo(item.id);
      Object.assign(item, answer.item);
      this.#giveBack(item);
      this.dispatchEvent(new CustomEvent("undone", { detail: item }));
    });
  }

  /** Add the last decision's utterance to its entry's phrasings. */
  addPhrasing() {
    this.#send(async () => {
      const item = this.last;
      if (!item || !canBePhrasing(item)) return;
      await this.api.addPhrasing(item.id);
      item.has_phrasing = true;
      this.dispatchEvent(new CustomEvent("phrased", { detail: item }));
    });
  }

  /** @param {Item} item */
  #giveBack(item) {
    this.done = this.done.filter((one) => one !== item);
    this.items.splice(this.place, 0, item);
    this.numWaiting += 1;
    this.numDone = Math.max(0, this.numDone - 1);
    this.#changed();
  }

  /** @param {() => Promise<void>} work */
  #send(work) {
    this.sending = this.sending.then(work).catch((error) => {
      this.dispatchEvent(new CustomEvent("refused", { detail: error }));
    });
  }

  #changed() {
    this.dispatchEvent(new Event("changed"));
  }
}
