/**
 * How far each conversation was read in this browser.
 */

/** @typedef {import("../chat/preferences.js").Store} Store */
/** @typedef {import("./desk.js").Row} Row */

const KEY = "hangjia.desk.seen";
const MAX_KEPT = 300;

export class Seen {
  /** @type {Map<number, number>} the last seq by conversation, the latest read last */
  #last;
  #store;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#last = read(store);
  }

  /** @param {Row} row */
  isUnread = (row) => row.num_unanswered > 0 && row.last_seq > (this.#last.get(row.conversation) ?? 0);

  /**
   * @param {number} conversation
   * @param {number} seq
   */
  note(conversation, seq) {
    if ((this.#last.get(conversation) ?? 0) >= seq) return;
    this.#last.delete(conversation);
    this.#last.set(conversation, seq);
    const kept = [...this.#last].slice(-MAX_KEPT);
    this.#store.setItem(KEY, JSON.stringify(kept));
  }
}

/** @param {Store} store @returns {Map<number, number>} */
function read(store) {
  try {
    return new Map(JSON.parse(store.getItem(KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}
