/**
 * How many lines came while the widget was closed; survives a reload of the page around it.
 */

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./preferences.js").Store} Store */

export class Unread {
  isOpen = false;
  #store;
  #key;
  #tell;
  #told = 0;

  /**
   * @param {Store} store
   * @param {string} widget
   * @param {(count: number) => void} tell
   */
  constructor(store, widget, tell) {
    this.#store = store;
    this.#key = `hangjia.seen:${widget}`;
    this.#tell = tell;
  }

  /** @param {readonly Item[]} items */
  count(items) {
    const last = items.findLast(({ seq }) => seq !== null)?.seq ?? 0;
    if (this.isOpen && last > 0) this.#store.setItem(this.#key, String(last));
    // A shorter conversation than was seen is another one.
    const seen = Math.min(Number(this.#store.getItem(this.#key) ?? 0), last);
    const unread = items.filter(({ turn }) => turn && turn.role !== "customer" && turn.seq > seen).length;
    if (unread !== this.#told) this.#tell(unread);
    this.#told = unread;
  }
}
