/**
 * Asks again for turns that were lost on the way: a hole in `seq` that stays for a while.
 */

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./conversation.js").Conversation} Conversation */

const GRACE_MS = 1500; // turns may overtake each other on the way; a hole that stays is a loss

/**
 * @param {Conversation} conversation
 * @param {Connection} connection
 */
export function watchGaps(conversation, connection) {
  /** @type {number | null} where the last resume began */
  let askedFrom = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** Resume once from each hole; what the server does not have either is not missed any longer. */
  function mend() {
    const from = conversation.lastComplete;
    if (connection.state !== "online") return;
    if (askedFrom === from) return conversation.forgive();
    askedFrom = from;
    connection.reconnect();
  }

  return {
    /** Look whether something is missing; to be called whenever a `seq` was heard of. */
    check() {
      clearTimeout(timer);
      if (conversation.isIncomplete) timer = setTimeout(mend, GRACE_MS);
    },

    reset() {
      clearTimeout(timer);
      askedFrom = null;
    },
  };
}
