/**
 * What was said: turns ordered and made single by `seq`, with the customer's unconfirmed messages at the end.
 *
 * Knows nothing of the page and nothing of the socket. `seq` rises by one, so a hole means that
 * something was lost on the way: `isIncomplete` tells, `lastComplete` is where to resume from.
 */

/** @typedef {import("./outbox.js").Parcel} Parcel */
/** @typedef {{id: string | number, text: string}} Option */
/**
 * A turn frame of the protocol.
 *
 * @typedef {object} Turn
 * @property {number} seq
 * @property {"customer" | "bot" | "agent" | "system"} role
 * @property {"text" | "answer" | "clarify" | "handoff" | "notice"} kind
 * @property {string} text
 * @property {string} html - rendered and sanitised by the server
 * @property {Option[]} options
 * @property {string} at - RFC 3339
 * @property {string | null} author - name of the agent who spoke
 * @property {string | null} client_id - what a customer's message was sent under, in whichever tab
 */
/**
 * One line of the conversation: a turn, or a message on its way to becoming one, or first one and then the other.
 *
 * @typedef {object} Item
 * @property {string} key - stable as long as the line lives
 * @property {number | null} seq
 * @property {Turn | null} turn
 * @property {Parcel | null} parcel
 */

const NONE_TEXTS = ["都不是", "None of these"]; // the server writes these two

/** @typedef {ReturnType<typeof makeConversation>} Conversation */

export function makeConversation() {
  /** @type {string | null} as the server calls it */
  let id = null;
  /** @type {Item[]} */
  let items = [];
  let complete = 0;
  let heard = 0;
  /** @type {Set<number>} */
  const seen = new Set();
  /** @type {Map<number, string>} chosen option of a clarify turn, as text of its id */
  const choices = new Map();

  /** Forget the turns; messages on their way stay. */
  function clear() {
    id = null;
    items = items.filter(({ parcel }) => parcel);
    for (const item of items) Object.assign(item, { seq: null, turn: null });
    seen.clear();
    choices.clear();
    complete = heard = 0;
  }

  /** @param {number} seq that exists on the server */
  function expect(seq) {
    heard = Math.max(heard, seq);
  }

  function settle() {
    items.sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity) || 0);
    while (seen.has(complete + 1)) complete += 1;
  }

  return {
    clear,
    expect,

    get id() {
      return id;
    },

    /** Lines in order: known `seq` first, then the messages on their way. @returns {Item[]} */
    get items() {
      return items;
    },

    get lastComplete() {
      return complete;
    },

    get isIncomplete() {
      return complete < heard;
    },

    /** @returns {Turn | null} the clarify turn that still waits for a choice */
    get openClarify() {
      const turn = items.at(-1)?.turn;
      return turn?.kind === "clarify" && !choices.has(turn.seq) ? turn : null;
    },

    /** Begin, or begin anew, with what the server calls this conversation. @param {string} next */
    enter(next) {
      if (id !== null && id !== next) clear();
      id = next;
    },

    /** Forget everything, messages on their way too. */
    reset() {
      items = [];
      clear();
    },

    /** @param {Parcel} parcel of a message */
    addPending(parcel) {
      items.push({ key: parcel.frame.id, seq: null, turn: null, parcel });
    },

    /** @param {string} key - the id of a message that will not be sent */
    discard(key) {
      items = items.filter((item) => item.key !== key || item.seq !== null);
    },

    /**
     * Take a turn in; the same `seq` again changes nothing.
     *
     * @param {Turn} turn
     * @returns {boolean} whether it is new
     */
    add(turn) {
      const { seq } = turn;
      expect(seq);
      if (seen.has(seq)) return false;
      seen.add(seq);
      const own = items.find((item) => item.seq === seq || item.key === turn.client_id);
      if (own) Object.assign(own, { seq, turn });
      else items.push({ key: `turn-${seq}`, seq, turn, parcel: null });
      settle();
      return true;
    },

    /**
     * Note that the server has committed a message as `seq`.
     *
     * @param {string} key - the message's id
     * @param {number} seq
     */
    confirm(key, seq) {
      expect(seq);
      const item = items.find((each) => each.key === key);
      if (!item) return;
      item.parcel = null;
      // The turn may have come by another way before: the older line is the one on the page.
      if (items.some((each) => each.seq === seq && each !== item)) items = items.filter((each) => each !== item);
      else item.seq = seq;
      settle();
    },

    /** Stop missing what the server, asked again, did not have. */
    forgive() {
      complete = heard;
    },

    /**
     * @param {number} seq of a clarify turn
     * @param {string | number | null} option - null opens it again
     */
    choose(seq, option) {
      if (option === null) choices.delete(seq);
      else choices.set(seq, String(option));
    },

    /**
     * Tell what was chosen at a clarify turn, also from the customer's turn after it when the page was reloaded.
     *
     * @param {Turn} turn
     * @returns {string | null} the option's id as text, or "none"
     */
    choiceOf({ seq, options }) {
      const known = choices.get(seq);
      if (known !== undefined) return known;
      const next = items[items.findIndex((item) => item.seq === seq) + 1]?.turn;
      if (next?.role !== "customer") return null;
      if (NONE_TEXTS.includes(next.text)) return "none";
      const option = options.find(({ text }) => text === next.text);
      return option ? String(option.id) : null;
    },
  };
}
