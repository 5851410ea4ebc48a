/**
 * Asks again for turns that were lost on the way: a hole in `seq` that stays for a while.
 */

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./conversation.js").Conversation} Conversation */

const GRACE_MS = 1500; // turns may overtake each other on the way; a hole that stays is a loss

export class GapWatch {
  #conversation;
  #connection;
  /** @type {number | null} where the last resume began */
  #askedFrom = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Conversation} conversation
   * @param {Connection} connection
   */
  constructor(conversation, connection) {
    this.#conversation = conversation;
    this.#connection = connection;
  }

  /** Look whether something is missing; to be called whenever a `seq` was heard of. */
  check() {
    clearTimeout(this.#timer);
    if (this.#conversation.isIncomplete) this.#timer = setTimeout(() => this.#mend(), GRACE_MS);
  }

  reset() {
    clearTimeout(this.#timer);
    this.#askedFrom = null;
  }

  /** Resume once from each hole; what the server does not have either is not missed any longer. */
  #mend() {
    if (this.#connection.state !== "online") return;
    const from = this.#conversation.lastComplete;
    if (this.#askedFrom === from) return this.#conversation.forgive();
    this.#askedFrom = from;
    this.#connection.reconnect();
  }
}
