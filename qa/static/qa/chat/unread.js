/**
 * How many lines came while the widget was closed; survives a reload of the page around it.
 */

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./preferences.js").Store} Store */

/**
 * @param {Store} store
 * @param {string} widget
 * @param {(count: number) => void} tell
 */
export function countUnread(store, widget, tell) {
  const key = `hangjia.seen:${widget}`;
  let told = 0;
  return {
    isOpen: false,

    /** @param {readonly Item[]} items */
    count(items) {
      const last = items.findLast(({ seq }) => seq !== null)?.seq ?? 0;
      if (this.isOpen && last > 0) store.setItem(key, String(last));
      // A shorter conversation than was seen is another one.
      const seen = Math.min(Number(store.getItem(key)), last);
      const unread = items.filter(({ turn }) => turn && turn.role !== "customer" && turn.seq > seen).length;
      if (unread !== told) tell(unread);
      told = unread;
    },
  };
}
