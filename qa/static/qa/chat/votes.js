/**
 * The customer's votes on answers; the protocol doesn't replay them, so the browser remembers.
 */

/** @typedef {import("./preferences.js").Store} Store */
/** @typedef {{vote: "up" | "down", reason: string | null}} Vote */
/** @typedef {ReturnType<typeof rememberVotes>} Votes */

/**
 * @param {Store} store
 * @param {string} widget
 */
export function rememberVotes(store, widget) {
  const key = `hangjia.votes:${widget}`;
  /** @type {string | null} */
  let conversation = null;
  /** @type {Record<string, Vote>} by `seq` of the turn */
  let votes = {};

  return {
    /** @param {string} id - of a conversation; votes of any other one are forgotten */
    enter(id) {
      if (id === conversation) return;
      conversation = id;
      votes = {};
      try {
        const stored = JSON.parse(store.getItem(key) ?? "{}");
        if (stored.conversation === id) votes = stored.votes;
      } catch {
        // Written by something else: begin without.
      }
    },

    /**
     * @param {number} seq
     * @returns {Vote | undefined}
     */
    get: (seq) => votes[seq],

    /**
     * @param {number} seq
     * @param {Vote | null} vote - null takes it back
     */
    set(seq, vote) {
      if (vote === null) delete votes[seq];
      else votes[seq] = vote;
      store.setItem(key, JSON.stringify({ conversation, votes }));
    },
  };
}
