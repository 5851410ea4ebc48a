/**
 * The line to the desk's server (docs/desk.md): comes back by itself, and answers every question once.
 *
 * What was asked and not answered is asked again under the same id after a reconnect: the server does nothing twice.
 *
 * Events (`CustomEvent`): `state` {state, words}, `welcome` frame, `frame` frame that nobody asked for.
 *
 * References:
 *   Full jitter: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */

import { newId } from "../chat/outbox.js";

/** @typedef {"connecting" | "online" | "waiting" | "offline" | "stopped"} State */
/** @typedef {{frame: any, answered: (frame: any) => void, refused: (error: Refusal) => void, timer: number}} Question */

const BACKOFF_FIRST_MS = 500;
const BACKOFF_LAST_MS = 20_000;
const ANSWER_MS = 30_000;
const PING_EVERY_MS = 20_000;
const PONG_MS = 10_000;
const SIGNED_OUT = 4401;
const POLICY = 1008;
const RESTART = 1012;

/** What the server refused, in words for people; `code` is the protocol's. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Line extends EventTarget {
  /** @type {State} */
  state = "connecting";
  #url;
  #hello;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<string, Question>} in the order of asking */
  #questions = new Map();
  #attempt = 0;
  #helloId = "";
  #lastWords = "";
  #timer = 0;
  #beat = 0;
  #pong = 0;

  /**
   * @param {string} url
   * @param {() => {language: string, status: string}} hello What to say first.
   */
  constructor(url, hello) {
    super();
    this.#url = url;
    this.#hello = hello;
  }

  start() {
    addEventListener("online", () => this.open());
    addEventListener("offline", () => this.#lose("offline"));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.state === "waiting") this.open();
      else if (!document.hidden && this.state === "online") this.#ping();
    });
    this.open();
  }

  /**
   * Ask something; the promise holds however often the connection is lost meanwhile.
   *
   * @param {string} type
   * @param {Record<string, unknown>} [fields]
   * @param {string} [id] Of an earlier attempt at the same thing.
   * @returns {Promise<any>} the answer; a Refusal when the server refuses or does not answer
   */
  ask(type, fields = {}, id = newId()) {
    return new Promise((answered, refused) => {
      const timer = window.setTimeout(() => this.#settle(id)?.refused(new Refusal("timeout", "")), ANSWER_MS);
      const frame = { v: 1, type, id, ...fields };
      this.#questions.set(id, { frame, answered, refused, timer });
      if (this.state === "online") this.#write(frame);
    });
  }

  /**
   * Say something that does not matter once it is late.
   *
   * @param {string} type
   * @param {object} fields
   * @returns {boolean} whether it was said
   */
  mention(type, fields) {
    return this.state === "online" && this.#write({ v: 1, type, id: newId(), ...fields });
  }

  /** Connect now, letting go of what there was. */
  open() {
    this.#detach();
    this.#lastWords = ""; // what an earlier socket refused says nothing of this one
    this.#set("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#helloId = newId();
      this.#write({ v: 1, type: "hello", id: this.#helloId, ...this.#hello() });
    };
    socket.onmessage = (event) => this.#receive(String(event.data));
    socket.onclose = (event) => this.#closed(event.code);
    this.#timer = window.setTimeout(() => this.#lose("waiting"), PONG_MS);
  }

  /** @param {string} text */
  #receive(text) {
    clearTimeout(this.#pong);
    this.#pong = 0;
    const frame = JSON.parse(text);
    if (frame.type === "welcome") return this.#welcome(frame);
    const question = frame.id ? this.#settle(frame.id) : undefined;
    if (frame.type === "error") {
      this.#lastWords = frame.message;
      question?.refused(new Refusal(frame.code, frame.message));
    } else if (question) question.answered(frame);
    else this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  /** @param {any} frame */
  #welcome(frame) {
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#beat = window.setInterval(() => this.#ping(), PING_EVERY_MS);
    this.#set("online");
    // What is looked at is said last: it may be another conversation by now.
    for (const { frame: again } of this.#questions.values()) this.#write(again);
    this.dispatchEvent(new CustomEvent("welcome", { detail: frame }));
  }

  /** @param {number} code */
  #closed(code) {
    const isRefused = code === SIGNED_OUT || (code === POLICY && this.state === "connecting" && this.#lastWords !== "");
    if (isRefused) return this.#stop(code);
    if (code === RESTART) this.#attempt = Math.max(this.#attempt, 2); // all pages come back at once
    this.#lose(navigator.onLine ? "waiting" : "offline");
  }

  /** @param {number} code */
  #stop(code) {
    this.#detach();
    for (const id of [...this.#questions.keys()]) this.#settle(id)?.refused(new Refusal("unauthorised", this.#lastWords));
    this.#set("stopped", code === SIGNED_OUT ? "signed-out" : this.#lastWords);
  }

  /** @param {State} state */
  #lose(state) {
    this.#detach();
    this.#set(state);
    const ceiling = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#timer = window.setTimeout(() => this.open(), Math.random() * ceiling);
  }

  #detach() {
    clearTimeout(this.#timer);
    clearTimeout(this.#pong);
    clearInterval(this.#beat);
    this.#pong = 0;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    // A dead network keeps a socket in CLOSING for minutes; nobody listens to it any more.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #ping() {
    this.#write({ v: 1, type: "ping", id: newId() });
    this.#pong ||= window.setTimeout(() => this.#lose("waiting"), PONG_MS);
  }

  /**
   * @param {object} frame
   * @returns {boolean} whether there was a socket to write it to
   */
  #write(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** @param {string} id */
  #settle(id) {
    const question = this.#questions.get(id);
    if (question) clearTimeout(question.timer);
    this.#questions.delete(id);
    return question;
  }

  /**
   * @param {State} state
   * @param {string} [words]
   */
  #set(state, words = "") {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, words } }));
  }
}
