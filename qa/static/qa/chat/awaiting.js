/**
 * Whether the bot owes an answer.
 */

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./connection.js").StatusFrame} StatusFrame */
/** @typedef {import("./conversation.js").Conversation} Conversation */

const AWAITED_MS = 60_000; // a question older than this, seen after a reload, gets no typing indicator

/**
 * @param {Conversation} conversation
 * @param {Connection} connection
 * @param {StatusFrame | null} status
 * @returns {boolean}
 */
export function isAwaiting(conversation, connection, status) {
  if (connection.state !== "online" || /assigned|ticket/.test(status?.state ?? "")) return false;
  const { parcels } = connection.delivery.outbox;
  if (parcels.some(({ frame }) => /choose|human/.test(frame.type))) return true;
  const last = conversation.items.at(-1);
  if (!last || (last.turn && last.turn.role !== "customer") || last.parcel?.state === "failed") return false;
  const at = Date.parse(last.turn?.at ?? last.parcel?.at ?? "");
  return !(Math.abs(Date.now() - at) > AWAITED_MS);
}
