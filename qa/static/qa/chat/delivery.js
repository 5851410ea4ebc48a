/**
 * Confirmed delivery: a parcel leaves the outbox when the server confirms it, not before.
 *
 * Until then it is sent again under the same id, after every reconnect and after `ACK_TIMEOUT_MS`.
 */

import { newId } from "./outbox.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").OutFrame} OutFrame */
/** @typedef {import("./outbox.js").Parcel} Parcel */
/** @typedef {OutFrame extends infer F ? F extends OutFrame ? Omit<F, "v" | "id"> : never : never} Draft */

const ACK_TIMEOUT_MS = 20_000;
const MAX_ATTEMPTS = 3;

export class Delivery {
  #isOpen;
  #write;
  #emit;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();

  /**
   * @param {object} parts
   * @param {Outbox} parts.outbox
   * @param {() => boolean} parts.isOpen
   * @param {(frame: OutFrame) => void} parts.write
   * @param {(type: "ack" | "refused" | "outbox", detail: unknown) => void} parts.emit
   */
  constructor({ outbox, isOpen, write, emit }) {
    this.outbox = outbox;
    this.#isOpen = isOpen;
    this.#write = write;
    this.#emit = emit;
  }

  /**
   * Queue a frame and send it as soon as may be.
   *
   * @param {Draft} draft
   * @returns {Parcel}
   */
  send(draft) {
    const parcel = this.outbox.put(/** @type {OutFrame} */ ({ v: 2, id: newId(), ...draft }));
    this.#deliver(parcel);
    return parcel;
  }

  /**
   * Send a failed parcel again; its id stays, so that a late confirmation cannot double it.
   *
   * @param {Parcel} parcel
   */
  retry(parcel) {
    parcel.attempts = 0;
    this.outbox.mark(parcel, "queued");
    this.#deliver(parcel);
  }

  /** Send everything that waits, in the order of writing. */
  flush() {
    for (const parcel of [...this.outbox.parcels]) if (parcel.state !== "failed") this.#deliver(parcel);
  }

  /** Stop waiting for confirmations: the connection is gone, `flush` will follow. */
  pause() {
    for (const id of [...this.#timers.keys()]) this.#settle(id);
  }

  /**
   * @param {string} id
   * @param {number} seq of the turn that it became
   */
  confirm(id, seq) {
    const parcel = this.outbox.find(id);
    if (!parcel) return;
    this.#settle(id);
    this.outbox.remove(id);
    this.#emit("ack", { parcel, seq });
  }

  /**
   * Keep what was typed as failed, to be retried by hand; a click can be clicked again.
   *
   * @param {Parcel} parcel
   * @param {string} code
   * @param {string} message
   */
  refuse(parcel, code, message) {
    this.#settle(parcel.frame.id);
    if (parcel.frame.type === "message") this.outbox.mark(parcel, "failed", code);
    else this.outbox.remove(parcel.frame.id);
    this.#emit("refused", { parcel, code, message });
  }

  /** Refuse all that was sent and not confirmed: one of them closed the socket. @param {string} code */
  refuseSent(code) {
    for (const parcel of [...this.outbox.parcels]) {
      if (parcel.state === "sending") this.refuse(parcel, code, "");
    }
  }

  /** @param {Parcel} parcel */
  #deliver(parcel) {
    if (this.#isOpen()) {
      parcel.attempts += 1;
      this.outbox.mark(parcel, "sending");
      this.#write(parcel.frame);
      const { id } = parcel.frame;
      this.#settle(id);
      this.#timers.set(id, setTimeout(() => this.#unanswered(parcel), ACK_TIMEOUT_MS));
    }
    this.#emit("outbox", null);
  }

  /** @param {Parcel} parcel */
  #unanswered(parcel) {
    if (parcel.attempts < MAX_ATTEMPTS) this.#deliver(parcel);
    else this.refuse(parcel, "timeout", "");
  }

  /** @param {string} id */
  #settle(id) {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }
}
