/**
 * What the server says, put into the conversation and the status line.
 */

import { GapWatch } from "./gap-watch.js";
import { isKnown } from "./strings.js";

/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./outbox.js").Parcel} Parcel */
/**
 * @typedef {object} Parts
 * @property {import("./connection.js").Connection} connection
 * @property {import("./conversation.js").Conversation} conversation
 * @property {import("./votes.js").Votes} votes
 * @property {import("./status.js").Status} status
 * @property {import("./service.js").Service} service
 * @property {(name: string, detail: unknown) => void} tell - the page around a widget
 * @property {import("./strings.js").Translate} t
 * @property {(isLive?: boolean) => void} show
 * @property {() => void} follow - keep the end in view
 */

const AGENT_TYPING_MS = 6000;

export class ServerEvents {
  #parts;
  #gap;
  #replayTo = 0; // turns up to here are a replay: shown, not announced
  #agentTypingUntil = 0;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#gap = new GapWatch(parts.conversation, parts.connection);
    this.#on("state", ({ state, code }) => {
      parts.status.connection(state, code);
      parts.show();
    });
    this.#on("outbox", () => parts.show());
    this.#on("status", (frame) => {
      parts.service.status(frame);
      parts.show();
    });
    this.#on("elsewhere", () => {
      parts.conversation.clear();
      this.reset();
    });
    this.#on("welcome", (frame) => this.#welcome(frame));
    this.#on("turn", (turn) => this.#turn(turn));
    this.#on("ack", ({ parcel, seq }) => this.#ack(parcel, seq));
    this.#on("refused", ({ parcel, code, message }) => this.#refused(parcel, code, message));
    this.#on("notice", ({ code, message }) => {
      parts.tell("error", { code, message });
      parts.status.toast(this.#words(code, message));
    });
    this.#on("expired", () => this.#expired());
    this.#on("typing", ({ role }) => role !== "customer" && this.#typing());
  }

  get isAgentTyping() {
    return Date.now() < this.#agentTypingUntil;
  }

  reset() {
    this.#replayTo = 0;
    this.#agentTypingUntil = 0;
    this.#gap.reset();
  }

  /** @param {{conversation: string, seq: number}} frame */
  #welcome({ conversation: id, seq }) {
    const { conversation, votes, show } = this.#parts;
    conversation.enter(id);
    votes.enter(id);
    conversation.expect(seq);
    // What comes after a mere reconnection is news; after a reload all of it has been read before.
    if (conversation.lastComplete === 0) this.#replayTo = Math.max(this.#replayTo, seq);
    this.#gap.check();
    show();
  }

  /** @param {Turn} turn */
  #turn(turn) {
    const isLive = turn.seq > this.#replayTo;
    if (turn.role !== "customer") this.#agentTypingUntil = 0;
    if (turn.role !== "customer" && isLive) this.#parts.status.hideToast();
    if (this.#parts.conversation.add(turn)) {
      const { seq, role, kind, at } = turn;
      if (isLive) this.#parts.tell(role === "customer" ? "message:sent" : "message:received", { seq, role, kind, at });
      this.#parts.show(isLive);
    }
    this.#gap.check();
  }

  /**
   * @param {Parcel} parcel
   * @param {number} seq
   */
  #ack(parcel, seq) {
    if (parcel.frame.type === "message") this.#parts.conversation.confirm(parcel.frame.id, seq);
    this.#parts.service.acked(parcel.frame);
    this.#gap.check();
    this.#parts.show();
  }

  /**
   * @param {Parcel} parcel
   * @param {string} code
   * @param {string} message
   */
  #refused({ frame }, code, message) {
    const { conversation, votes, status, service, show, follow } = this.#parts;
    service.refused(frame);
    if (frame.type === "choose") conversation.choose(frame.turn, null);
    if (frame.type === "feedback") votes.set(frame.turn, null);
    // A message carries its error on the page; it is only left to be said.
    if (frame.type === "message") status.announce(this.#words(code, message));
    else status.toast(this.#words(code, message));
    show();
    follow();
  }

  #expired() {
    this.#parts.conversation.clear();
    this.reset();
    this.#parts.status.toast(this.#parts.t("session.expired"));
  }

  #typing() {
    this.#agentTypingUntil = Date.now() + AGENT_TYPING_MS;
    setTimeout(() => this.#parts.show(), AGENT_TYPING_MS + 50);
    this.#parts.show();
  }

  /**
   * @param {string} code
   * @param {string} message - the server's words, for a code newer than this page
   */
  #words(code, message) {
    const { t } = this.#parts;
    // The server says exactly what is wrong with an identity or a form; the table only what sort of thing.
    const isExact = message && /^(unauthorised|conflict|invalid)$/.test(code);
    return isKnown(`error.${code}`) && !isExact ? t(`error.${code}`) : message || t("error.unavailable");
  }

  /**
   * @param {string} type
   * @param {(detail: any) => void} then
   */
  #on(type, then) {
    this.#parts.connection.addEventListener(type, (event) => then(/** @type {CustomEvent} */ (event).detail));
  }
}
