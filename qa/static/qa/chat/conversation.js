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

export class Conversation {
  /** @type {string | null} */
  id = null;
  /** @type {Item[]} */
  #items = [];
  /** @type {Set<number>} */
  #seen = new Set();
  #complete = 0;
  #heard = 0;
  /** @type {Map<number, string>} chosen option of a clarify turn, as text of its id */
  #choices = new Map();

  /** Lines in order: known `seq` first, then the messages on their way. @returns {Item[]} */
  get items() {
    return this.#items;
  }

  get lastComplete() {
    return this.#complete;
  }

  get isIncomplete() {
    return this.#complete < this.#heard;
  }

  /** @returns {Turn | null} the clarify turn that still waits for a choice */
  get openClarify() {
    const last = this.#items.at(-1);
    const turn = last?.turn ?? null;
    return turn?.kind === "clarify" && !this.#choices.has(turn.seq) ? turn : null;
  }

  /**
   * Begin, or begin anew, with what the server calls this conversation.
   *
   * @param {string} id
   * @returns {boolean} whether it is another one than before
   */
  enter(id) {
    const other = this.id !== null && this.id !== id;
    if (other) this.clear();
    this.id = id;
    return other;
  }

  /** Forget the turns; messages on their way stay. */
  clear() {
    this.id = null;
    this.#items = this.#items.filter(({ parcel }) => parcel !== null);
    for (const item of this.#items) Object.assign(item, { seq: null, turn: null });
    this.#seen.clear();
    this.#choices.clear();
    this.#complete = 0;
    this.#heard = 0;
  }

  /** Forget everything, messages on their way too. */
  reset() {
    this.#items = [];
    this.clear();
  }

  /** @param {Parcel} parcel of a message */
  addPending(parcel) {
    this.#items.push({ key: parcel.frame.id, seq: null, turn: null, parcel });
  }

  /** @param {string} id of a message that will not be sent */
  discard(id) {
    this.#items = this.#items.filter(({ key, seq }) => key !== id || seq !== null);
  }

  /**
   * Take a turn in; the same `seq` again changes nothing.
   *
   * @param {Turn} turn
   * @returns {boolean} whether it is new
   */
  add(turn) {
    this.expect(turn.seq);
    if (this.#seen.has(turn.seq)) return false;
    this.#seen.add(turn.seq);
    const own = this.#items.find(({ key, seq }) => seq === turn.seq || key === turn.client_id);
    if (own) Object.assign(own, { seq: turn.seq, turn });
    else this.#items.push({ key: `turn-${turn.seq}`, seq: turn.seq, turn, parcel: null });
    this.#settle();
    return true;
  }

  /**
   * Note that the server has committed a message as `seq`.
   *
   * @param {string} id
   * @param {number} seq
   */
  confirm(id, seq) {
    this.expect(seq);
    const item = this.#items.find(({ key }) => key === id);
    if (!item) return;
    item.parcel = null;
    const other = this.#items.find((each) => each.seq === seq && each !== item);
    // The turn came by another way before: the older line is the one on the page.
    if (other) this.#items = this.#items.filter((each) => each !== item);
    else item.seq = seq;
    this.#settle();
  }

  /** @param {number} seq that exists on the server */
  expect(seq) {
    this.#heard = Math.max(this.#heard, seq);
  }

  /** Stop missing what the server, asked again, did not have. */
  forgive() {
    this.#complete = this.#heard;
  }

  /**
   * @param {number} seq of a clarify turn
   * @param {string | number | null} option - null opens it again
   */
  choose(seq, option) {
    if (option === null) this.#choices.delete(seq);
    else this.#choices.set(seq, String(option));
  }

  /**
   * Tell what was chosen at a clarify turn, also from the customer's turn after it when the page was reloaded.
   *
   * @param {Turn} turn
   * @returns {string | null} the option's id as text, or "none"
   */
  choiceOf(turn) {
    const known = this.#choices.get(turn.seq);
    if (known !== undefined) return known;
    const at = this.#items.findIndex(({ seq }) => seq === turn.seq);
    const next = this.#items[at + 1]?.turn;
    if (next?.role !== "customer") return null;
    if (NONE_TEXTS.includes(next.text)) return "none";
    const option = turn.options.find(({ text }) => text === next.text);
    return option ? String(option.id) : null;
  }

  #settle() {
    this.#items.sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity) || 0);
    while (this.#seen.has(this.#complete + 1)) this.#complete += 1;
  }
}
