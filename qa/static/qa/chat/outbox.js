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

export class Outbox {
  #store;
  #key;
  /** @type {Parcel[]} in the order of writing */
  #parcels;

  /**
   * @param {Store} store
   * @param {string} key
   */
  constructor(store, key) {
    this.#store = store;
    this.#key = key;
    this.#parcels = this.#load();
  }

  /** @returns {readonly Parcel[]} */
  get parcels() {
    return this.#parcels;
  }

  /**
   * @param {string | null | undefined} id
   * @returns {Parcel | undefined}
   */
  find(id) {
    return this.#parcels.find((parcel) => parcel.frame.id === id);
  }

  /**
   * Keep a frame until it is confirmed; a newer vote on a turn replaces one that never left.
   *
   * @param {OutFrame} frame
   * @returns {Parcel}
   */
  put(frame) {
    if (frame.type === "feedback") {
      this.#parcels = this.#parcels.filter(
        ({ frame: old, state }) =>
          !(old.type === "feedback" && old.turn === frame.turn && state === "queued"),
      );
    }
    /** @type {Parcel} */
    const parcel = { frame, state: "queued", code: null, at: new Date().toISOString(), attempts: 0 };
    this.#parcels.push(parcel);
    this.#save();
    return parcel;
  }

  /**
   * @param {Parcel} parcel
   * @param {Parcel["state"]} state
   * @param {string | null} [code]
   */
  mark(parcel, state, code = null) {
    parcel.state = state;
    parcel.code = code;
    this.#save();
  }

  /** @param {string} id */
  remove(id) {
    this.#parcels = this.#parcels.filter((parcel) => parcel.frame.id !== id);
    this.#save();
  }

  clear() {
    this.#parcels = [];
    this.#save();
  }

  /** @returns {Parcel[]} */
  #load() {
    try {
      const stored = JSON.parse(this.#store.getItem(this.#key) ?? "[]");
      if (!Array.isArray(stored)) return [];
      // Of another version: written by a page from before an update.
      const whole = stored.filter((parcel) => typeof parcel?.frame?.id === "string" && parcel.frame.v === 2);
      // Sent before the reload, never confirmed: send again, the id keeps it single.
      for (const parcel of whole) if (parcel.state === "sending") parcel.state = "queued";
      return whole;
    } catch {
      return [];
    }
  }

  #save() {
    this.#store.setItem(this.#key, JSON.stringify(this.#parcels));
  }
}

/**
 * Make a random UUID, also on plain http where `crypto.randomUUID` does not exist.
 *
 * @returns {string}
 */
export function newId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4 (RFC 9562, section 5.4)
  bytes[8] = (bytes[8] & 0x3f) | 0x80; // variant 10
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
