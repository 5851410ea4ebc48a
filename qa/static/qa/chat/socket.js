/**
 * A WebSocket that comes back: back-off with full jitter, heartbeat, online and offline events; and long polls
 * where sockets are blocked.
 *
 * Knows nothing of the protocol's meaning except `ping`, and nothing of the page.
 *
 * References:
 *   Full jitter: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */

import { LOST, PING, PollSocket } from "./poll-socket.js";

/** @typedef {"idle" | "connecting" | "online" | "waiting" | "offline" | "stopped"} State */
/**
 * @typedef {object} Listener
 * @property {() => void} opened - the socket is open; say hello and then call `ready()`
 * @property {(frame: any) => void} received - one decoded frame of version 2
 * @property {(code: number) => boolean} closed - gives false when no reconnection may follow
 * @property {(state: State, code: number | string | null) => void} changed
 */

const BACKOFF_FIRST_MS = 500;
const BACKOFF_LAST_MS = 30_000;
const STABLE_MS = 10_000; // a socket that lived this long earns a fresh back-off
const OPEN_TIMEOUT_MS = 10_000;
const PING_EVERY_MS = 25_000;
const PONG_TIMEOUT_MS = 10_000;
/** By close code, how many failures it counts for: a refusal (up to 8 s), a restart, after which all clients come back at once. */
const FIRST_ATTEMPT = /** @type {Record<number, number>} */ ({ 1008: 4, 1012: 3 });
const BLOCKED_AFTER = 2; // failures in a row, after which sockets may be blocked here

/** @typedef {ReturnType<typeof lastingSocket>} LastingSocket */

/**
 * @param {string} url
 * @param {string} pollUrl
 * @param {Listener} listener
 */
export function lastingSocket(url, pollUrl, listener) {
  /** @type {State} */
  let state = "idle";
  /** @type {WebSocket | PollSocket | null} */
  let socket = null;
  let attempt = 0;
  let failures = 0;
  let polls = false;
  let readyAt = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let deadline;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let pong;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let beat;
  /** @type {WebSocket | null} */
  let probed = null;

  function start() {
    addEventListener("online", () => {
      polls = false; // it may be another network
      open();
    });
    addEventListener("offline", () => drop("offline", null, BACKOFF_LAST_MS));
    document.addEventListener("visibilitychange", shown);
    open();
  }

  /** Connect now, letting go of what there was. */
  function open() {
    detach();
    set("connecting", null);
    // In turns with the socket until one of them is welcomed: the server itself may be away.
    const isBlocked = failures ? failures >= BLOCKED_AFTER && failures % 2 === 0 : polls;
    socket = isBlocked ? new PollSocket(pollUrl) : new WebSocket(url);
    socket.onopen = listener.opened;
    socket.onmessage = receive;
    socket.onclose = ({ code }) => fail(code);
    deadline = setTimeout(fail, OPEN_TIMEOUT_MS);
  }

  /** Take the connection as established: the other side has welcomed us. */
  function ready() {
    clearTimeout(deadline);
    readyAt = Date.now();
    failures = 0;
    polls = socket instanceof PollSocket;
    beat = setInterval(polls ? probe : ping, PING_EVERY_MS);
    set("online", null);
  }

  /** @param {object} frame */
  function write(frame) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  /**
   * Treat the connection as lost and come back after the back-off, unless the listener forbids it.
   *
   * @param {number} [code] - WebSocket close code
   */
  function fail(code = LOST) {
    if (!listener.closed(code)) return stop(code);
    if (Date.now() - readyAt > STABLE_MS) attempt = 0;
    attempt = Math.max(attempt, FIRST_ATTEMPT[code] ?? 0);
    const ceiling = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** attempt);
    attempt += 1;
    failures += 1;
    drop(navigator.onLine ? "waiting" : "offline", code, Math.random() * ceiling);
  }

  /** @param {number | string} code - why, for the words on the page */
  function stop(code) {
    drop("stopped", code, null);
  }

  /**
   * @param {State} next
   * @param {number | string | null} code
   * @param {number | null} delayMs
   */
  function drop(next, code, delayMs) {
    detach();
    set(next, code);
    if (delayMs !== null) deadline = setTimeout(open, delayMs);
  }

  function detach() {
    clearTimeout(deadline);
    clearInterval(beat);
    heard();
    letProbeGo();
    readyAt = Infinity;
    // A dead network keeps a socket in CLOSING for minutes; nobody listens to it any more.
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    socket?.close();
    socket = null;
  }

  /** @param {{data: unknown}} event */
  function receive({ data }) {
    heard();
    let frame;
    try {
      frame = JSON.parse(String(data));
    } catch {
      return;
    }
    if (frame?.v === 2) listener.received(frame);
  }

  function heard() {
    clearTimeout(pong);
    pong = undefined;
  }

  /** A phone that wakes up may hold a socket that died in its sleep. */
  function shown() {
    if (document.hidden) return;
    if (state === "online") ping();
    else if (state === "waiting") open();
  }

  /** Go back to a socket once one carries something: there are networks where they open, and nothing comes through. */
  function probe() {
    letProbeGo();
    const found = (probed = new WebSocket(url));
    found.onopen = () => found.send(JSON.stringify(PING));
    found.onmessage = () => {
      polls = false;
      open();
    };
  }

  function letProbeGo() {
    if (probed) probed.onopen = probed.onmessage = null;
    probed?.close();
    probed = null;
  }

  function ping() {
    pong ??= setTimeout(fail, PONG_TIMEOUT_MS); // polls answer at once
    write(PING);
  }

  /**
   * @param {State} next
   * @param {number | string | null} code
   */
  function set(next, code) {
    state = next;
    listener.changed(state, code);
  }

  return {
    get state() {
      return state;
    },
    start,
    open,
    ready,
    write,
    fail,
    stop,
  };
}
