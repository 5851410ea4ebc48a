/**
 * What the server says, put into the conversation and the status line.
 */

import { watchGaps } from "./gap-watch.js";
import { isKnown, t } from "./strings.js";

/**
 * @typedef {object} Parts
 * @property {import("./connection.js").Connection} connection
 * @property {import("./conversation.js").Conversation} conversation
 * @property {import("./votes.js").Votes} votes
 * @property {import("./status.js").Status} status
 * @property {import("./service.js").Service} service
 * @property {(id: string, items: {text: string}[]) => void} suggest
 * @property {(name: string, detail: unknown) => void} tell - the page around a widget
 * @property {(isLive?: boolean) => void} show
 * @property {() => void} follow - keep the end in view
 */

const AGENT_TYPING_MS = 6000;

/** @param {Parts} parts */
export function hearServer({ connection, conversation, votes, status, service, suggest, tell, show, follow }) {
  const gaps = watchGaps(conversation, connection);
  let replayTo = 0; // turns up to here are a replay: shown, not announced
  let agentTypingUntil = 0;

  function reset() {
    replayTo = agentTypingUntil = 0;
    gaps.reset();
  }

  /** What the connection emits, by its name. @type {Record<string, (detail: any) => void>} */
  const heard = {
    state({ state, code }) {
      status.connection(state, code);
      show();
    },
    outbox: () => show(),
    status(frame) {
      service.status(frame);
      show();
      follow(); // a form may have come up under the last line
    },
    suggestions: ({ id, items }) => suggest(id, items),
    elsewhere() {
      conversation.clear();
      reset();
    },
    welcome({ conversation: id, seq }) {
      conversation.enter(id);
      votes.enter(id);
      conversation.expect(seq);
      // What comes after a mere reconnection is news; after a reload all of it has been read before.
      if (conversation.lastComplete === 0) replayTo = Math.max(replayTo, seq);
      gaps.check();
      show();
    },
    turn(turn) {
      const { seq, role, kind, at } = turn;
      const isLive = seq > replayTo;
      const isOwn = role === "customer";
      if (!isOwn) agentTypingUntil = 0;
      if (!isOwn && isLive) status.hideToast();
      if (conversation.add(turn)) {
        if (isLive) tell(isOwn ? "message:sent" : "message:received", { seq, role, kind, at });
        show(isLive);
      }
      gaps.check();
    },
    ack({ parcel: { frame }, seq }) {
      if (frame.type === "message") conversation.confirm(frame.id, seq);
      service.acked(frame);
      gaps.check();
      show();
    },
    refused({ parcel: { frame }, code, message }) {
      const { type, turn } = frame;
      service.refused(frame);
      if (type === "choose") conversation.choose(turn, null);
      if (type === "feedback") votes.set(turn, null);
      // A message carries its error on the page; it is only left to be said.
      status[type === "message" ? "announce" : "toast"](errorWords(code, message));
      show();
      follow();
    },
    notice({ code, message }) {
      tell("error", { code, message });
      status.toast(errorWords(code, message));
    },
    expired() {
      heard.elsewhere(null);
      status.toast(t("session.expired"));
    },
    typing({ role }) {
      if (role === "customer") return;
      agentTypingUntil = Date.now() + AGENT_TYPING_MS;
      setTimeout(show, AGENT_TYPING_MS + 50);
      show();
    },
  };

  return {
    heard,
    reset,
    get isAgentTyping() {
      return Date.now() < agentTypingUntil;
    },
  };
}

/**
 * @param {string} code
 * @param {string} [message] - the server's words, for a code newer than this page
 */
function errorWords(code, message) {
  // The server says exactly what is wrong with an identity or a form; the table only what sort of thing.
  const isExact = message && /^(unauthorised|conflict|invalid)$/.test(code);
  return isKnown(`error.${code}`) && !isExact ? t(`error.${code}`) : message || t("error.unavailable");
}
