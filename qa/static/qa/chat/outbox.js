/**
 * What was asked of the server and is not yet confirmed; survives a reload of the tab.
 */

/** @typedef {import("./preferences.js").Store} Store */
/**
 * A client frame with an id; the id makes sending it again harmless.
 *
 * @typedef {{v: 2, id: string} & (
 *   {type: "message", text: string} |
 *   {type: "choose", turn: number, option: string | number} |
 *   {type: "feedback", turn: number, vote: "up" | "down", reason: string | null} |
 *   {type: "human"} |
 *   {type: "contact", name: string, email: string, phone: string} |
 *   {type: "leave", name: string, email: string, phone: string, text: string} |
 *   {type: "rate", score: number, comment: string | null} |
 *   {type: "end"})} OutFrame
 */
/**
 * @typedef {object} Parcel
 * @property {OutFrame} frame
 * @property {"queued" | "sending" | "failed"} state
 * @property {string | null} code - error code of a failed parcel
 * @property {string} at - RFC 3339, when it was written
 * @property {number} attempts
 */
/** @typedef {ReturnType<typeof openOutbox>} Outbox */

/**
 * @param {Store} store
 * @param {string} key
 */
export function openOutbox(store, key) {
  /** @type {Parcel[]} in the order of writing */
  let parcels = [];
  try {
    // Of another version: written by a page from before an update.
    parcels = JSON.parse(store.getItem(key) ?? "[]").filter((/** @type {Parcel} */ { frame }) => frame.id && frame.v === 2);
    // Sent before the reload, never confirmed: send again, the id keeps it single.
    for (const parcel of parcels) if (parcel.state === "sending") parcel.state = "queued";
  } catch {
    // Written by something else: begin without.
  }

  /** @param {Parcel[]} next */
  function keep(next) {
    parcels = next;
    store.setItem(key, JSON.stringify(parcels));
  }

  return {
    /** @returns {readonly Parcel[]} */
    get parcels() {
      return parcels;
    },

    /**
     * @param {string | null | undefined} id
     * @returns {Parcel | undefined}
     */
    find: (id) => parcels.find(({ frame }) => frame.id === id),

    /**
     * Keep a frame until it is confirmed; a newer vote on a turn replaces one that never left.
     *
     * @param {OutFrame} frame
     * @returns {Parcel}
     */
    put(frame) {
      /** @type {Parcel} */
      const parcel = { frame, state: "queued", code: null, at: new Date().toISOString(), attempts: 0 };
      const isReplaced = (/** @type {Parcel} */ { frame: old, state }) =>
        old.type === "feedback" && frame.type === "feedback" && old.turn === frame.turn && state === "queued";
      keep([...parcels.filter((each) => !isReplaced(each)), parcel]);
      return parcel;
    },

    /**
     * @param {Parcel} parcel
     * @param {Parcel["state"]} state
     * @param {string | null} [code]
     */
    mark(parcel, state, code = null) {
      parcel.state = state;
      parcel.code = code;
      keep(parcels);
    },

    /** @param {string} id */
    remove: (id) => keep(parcels.filter(({ frame }) => frame.id !== id)),

    clear: () => keep([]),
  };
}

/**
 * Make a random UUID of version 4, also on plain http where `crypto.randomUUID` does not exist.
 *
 * The digits that count are drawn: 0 and 1 become any, 8 becomes one of 8 to b (RFC 9562, section 5.4).
 *
 * @returns {string}
 */
export function newId() {
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
    const [drawn] = crypto.getRandomValues(new Uint8Array(1));
    return (digit === "8" ? 8 + (drawn & 3) : drawn & 15).toString(16);
  });
}
