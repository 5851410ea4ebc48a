/**
 * A WebSocket that comes back: back-off with full jitter, heartbeat, online and offline events; and long polls
 * where sockets are blocked.
 *
 * Knows nothing of the protocol's meaning except `ping`, and nothing of the page.
 *
 * References:
 *   Full jitter: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */

import { LOST, PollSocket } from "./poll-socket.js";

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
const POLICY_ATTEMPT = 4; // a refusal counts for this many failures: up to 8 s
const RESTART_ATTEMPT = 3; // a restarting server needs seconds, and all its clients come back at once
const BLOCKED_AFTER = 2; // failures without any welcome, after which sockets are taken to be blocked here

export class LastingSocket {
  /** @type {State} */
  state = "idle";
  #url;
  #pollUrl;
  #listener;
  /** @type {WebSocket | PollSocket | null} */
  #socket = null;
  #attempt = 0;
  #wasReady = false;
  #failures = 0;
  #polls = false;
  #readyAt = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #deadline;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pong;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;

  /**
   * @param {string} url
   * @param {string} pollUrl
   * @param {Listener} listener
   */
  constructor(url, pollUrl, listener) {
    this.#url = url;
    this.#pollUrl = pollUrl;
    this.#listener = listener;
  }

  start() {
    addEventListener("online", () => this.open());
    addEventListener("offline", () => this.#drop("offline", null, BACKOFF_LAST_MS));
    document.addEventListener("visibilitychange", () => this.#shown());
    this.open();
  }

  /** Connect now, letting go of what there was. */
  open() {
    this.#detach();
    this.#set("connecting", null);
    const socket = this.#isBlocked() ? new PollSocket(this.#pollUrl) : new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => this.#listener.opened();
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.fail(event.code);
    this.#deadline = setTimeout(() => this.fail(LOST), OPEN_TIMEOUT_MS);
  }

  /** Take the connection as established: the other side has welcomed us. */
  ready() {
    clearTimeout(this.#deadline);
    this.#readyAt = Date.now();
    this.#wasReady = true;
    this.#polls = this.#socket instanceof PollSocket;
    this.#beat = setInterval(() => this.#ping(), PING_EVERY_MS);
    this.#set("online", null);
  }

  /** @param {object} frame */
  write(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /**
   * Treat the connection as lost and come back after the back-off, unless the listener forbids it.
   *
   * @param {number} [code] - WebSocket close code
   */
  fail(code = LOST) {
    if (!this.#listener.closed(code)) return this.stop(code);
    if (Date.now() - this.#readyAt > STABLE_MS) this.#attempt = 0;
    if (code === 1008) this.#attempt = Math.max(this.#attempt, POLICY_ATTEMPT);
    if (code === 1012) this.#attempt = Math.max(this.#attempt, RESTART_ATTEMPT);
    const ceiling = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#failures += 1;
    this.#drop(navigator.onLine ? "waiting" : "offline", code, Math.random() * ceiling);
  }

  /** @param {number | string} code - why, for the words on the page */
  stop(code) {
    this.#drop("stopped", code, null);
  }

  /**
   * @param {State} state
   * @param {number | string | null} code
   * @param {number | null} delayMs
   */
  #drop(state, code, delayMs) {
    this.#detach();
    this.#set(state, code);
    if (delayMs !== null) this.#deadline = setTimeout(() => this.open(), delayMs);
  }

  #detach() {
    clearTimeout(this.#deadline);
    clearInterval(this.#beat);
    this.#heard();
    this.#readyAt = Infinity;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    // A dead network keeps a socket in CLOSING for minutes; nobody listens to it any more.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** In turns with the socket until one of them is welcomed: the server itself may be away. */
  #isBlocked() {
    const failures = this.#failures;
    return this.#polls || (!this.#wasReady && failures >= BLOCKED_AFTER && failures % 2 === 0);
  }

  /** @param {unknown} text */
  #receive(text) {
    this.#heard();
    const frame = parse(text);
    if (frame !== null) this.#listener.received(frame);
  }

  #heard() {
    clearTimeout(this.#pong);
    this.#pong = undefined;
  }

  /** A phone that wakes up may hold a socket that died in its sleep. */
  #shown() {
    if (document.hidden) return;
    if (this.state === "online") this.#ping();
    else if (this.state === "waiting") this.open();
  }

  #ping() {
    this.write({ v: 2, type: "ping" });
    this.#pong ??= setTimeout(() => this.fail(LOST), PONG_TIMEOUT_MS);
  }

  /**
   * @param {State} state
   * @param {number | string | null} code
   */
  #set(state, code) {
    this.state = state;
    this.#listener.changed(state, code);
  }
}

/**
 * @param {unknown} text
 * @returns {any} the frame, or null for what is none
 */
function parse(text) {
  try {
    const frame = JSON.parse(String(text));
    return frame !== null && typeof frame === "object" && frame.v === 2 ? frame : null;
  } catch {
    return null;
  }
}
