/**
 * Confirmed delivery: a parcel leaves the outbox when the server confirms it, not before.
 *
 * Until then it is sent again under the same id, after every reconnect and after `ACK_TIMEOUT_MS`. One is on its way at
 * a time: what is lost and sent again is not overtaken.
 */

import { newId } from "./outbox.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").OutFrame} OutFrame */
/** @typedef {import("./outbox.js").Parcel} Parcel */
/** @typedef {OutFrame extends infer F ? F extends OutFrame ? Omit<F, "v" | "id"> : never : never} Draft */
/** @typedef {ReturnType<typeof makeDelivery>} Delivery */

const ACK_TIMEOUT_MS = 20_000;
const MAX_ATTEMPTS = 3;

/**
 * @param {object} parts
 * @param {Outbox} parts.outbox
 * @param {() => boolean} parts.isOpen
 * @param {(frame: OutFrame) => void} parts.write
 * @param {(type: "ack" | "refused" | "outbox", detail?: unknown) => void} parts.emit
 */
export function makeDelivery({ outbox, isOpen, write, emit }) {
  /** @type {Parcel | null} */
  let onItsWay = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {Parcel} parcel */
  function deliver(parcel) {
    if (isOpen()) outbox.mark(parcel, "sending");
    sendNext();
    emit("outbox");
  }

  function sendNext() {
    const next = isOpen() && !onItsWay && outbox.parcels.find(({ state }) => state === "sending");
    if (!next) return;
    onItsWay = next;
    next.attempts += 1;
    timer = setTimeout(unanswered, ACK_TIMEOUT_MS, next);
    write(next.frame);
  }

  /** @param {Parcel} parcel */
  function unanswered(parcel) {
    if (parcel.attempts >= MAX_ATTEMPTS) return refuse(parcel, "timeout");
    onItsWay = null;
    sendNext();
  }

  /**
   * Keep what was typed as failed, to be retried by hand; a click can be clicked again.
   *
   * @param {Parcel} parcel
   * @param {string} code
   * @param {string} [message]
   */
  function refuse(parcel, code, message) {
    const { id, type } = parcel.frame;
    if (type === "message") outbox.mark(parcel, "failed", code);
    else outbox.remove(id);
    settle(parcel);
    emit("refused", { parcel, code, message });
  }

  /** @param {Parcel | null} parcel - that is on its way no more */
  function settle(parcel) {
    if (parcel !== onItsWay) return;
    clearTimeout(timer);
    onItsWay = null;
    sendNext();
  }

  return {
    outbox,
    refuse,

    /**
     * Queue a frame and send it as soon as may be.
     *
     * @param {Draft} draft
     * @returns {Parcel}
     */
    send(draft) {
      const parcel = outbox.put(/** @type {OutFrame} */ ({ v: 2, id: newId(), ...draft }));
      deliver(parcel);
      return parcel;
    },

    /**
     * Send a failed parcel again; its id stays, so that a late confirmation cannot double it.
     *
     * @param {Parcel} parcel
     */
    retry(parcel) {
      parcel.attempts = 0;
      outbox.mark(parcel, "queued");
      deliver(parcel);
    },

    /** Send everything that waits, in the order of writing. */
    flush() {
      for (const parcel of outbox.parcels) if (parcel.state !== "failed") deliver(parcel);
    },

    /** Stop waiting for confirmations: the connection is gone, `flush` will follow. */
    pause() {
      clearTimeout(timer);
      onItsWay = null;
    },

    /**
     * @param {string} id
     * @param {number} seq of the turn that it became
     */
    confirm(id, seq) {
      const parcel = outbox.find(id);
      if (!parcel) return;
      outbox.remove(id);
      settle(parcel);
      emit("ack", { parcel, seq });
    },

    /** Refuse what is on its way: it closed the socket. @param {string} code */
    refuseSent(code) {
      if (onItsWay) refuse(onItsWay, code);
    },
  };
}
