/**
 * The protocol of `/ws/chat/` (version 2): hello, resume, errors; what is sent goes through `delivery`.
 *
 * Knows nothing of the page.
 *
 * Events (`CustomEvent`, with their detail): `state` {state, code}, `welcome` frame, `turn` frame,
 * `typing` frame, `status` frame, `suggestions` frame, `ack` {parcel, seq}, `refused` {parcel, code, message}, `notice` {code, message},
 * `outbox` null, `expired` null, `elsewhere` null.
 */

import { Delivery } from "./delivery.js";
import { Outbox } from "./outbox.js";
import { LastingSocket } from "./socket.js";

/** @typedef {import("./preferences.js").Store} Store */
/**
 * What people do for the customer, as the server tells it whenever it changes.
 *
 * @typedef {object} StatusFrame
 * @property {"bot" | "waiting" | "assigned" | "ticket" | "resolved" | "closed"} state
 * @property {number | null} position - in the queue, from 1
 * @property {number | null} wait_s - an estimate
 * @property {string | null} agent
 * @property {boolean} is_open
 * @property {string | null} opens_at - RFC 3339
 * @property {boolean} offers_person
 * @property {boolean} asks_contact
 * @property {boolean} asks_rating
 */

export class Connection extends EventTarget {
  #widget;
  #local;
  #tokenKey;
  #lastSeq;
  /** @type {string | null} */
  #token;
  #socket;
  /** @type {string | null} signed by the site around the widget */
  #identity = null;
  /** @type {string | null} address of the page around the widget */
  page = null;

  /**
   * @param {{url: string, pollUrl: string, widget: string | null, local: Store, session: Store, lastSeq: () => number}} options
   *   `lastSeq` gives the last `seq` up to which nothing is missing.
   */
  constructor({ url, pollUrl, widget, local, session, lastSeq }) {
    super();
    this.#widget = widget;
    this.#local = local;
    this.#lastSeq = lastSeq;
    this.#tokenKey = `hangjia.token:${widget ?? ""}`;
    // From the window that this one popped out of; a stranger's link has another referrer.
    const handed = document.referrer.startsWith(`${location.origin}/chat/`) ? location.hash.slice(1) : "";
    if (handed) {
      local.setItem(this.#tokenKey, handed);
      history.replaceState(null, "", location.pathname);
    }
    this.#token = local.getItem(this.#tokenKey);
    // Another tab went on to another conversation: so does this one.
    addEventListener("storage", ({ key, newValue }) => {
      if (key !== this.#tokenKey || !newValue || newValue === this.#token || this.state === "idle") return;
      this.#token = newValue;
      this.#emit("elsewhere", null);
      this.#socket.open();
    });
    this.#socket = new LastingSocket(url, pollUrl, {
      opened: () => this.#hello(),
      received: (frame) => this.#receive(frame),
      closed: (code) => this.#closed(code),
      changed: (state, code) => this.#changed(state, code),
    });
    this.delivery = new Delivery({
      outbox: new Outbox(session, `hangjia.outbox:${widget ?? ""}`),
      isOpen: () => this.state === "online",
      write: (frame) => this.#socket.write(frame),
      emit: (type, detail) => this.#emit(type, detail),
    });
  }

  /** Whether an earlier conversation will be resumed. */
  get resumes() {
    return this.#token !== null;
  }

  get state() {
    return this.#socket.state;
  }

  get token() {
    return this.#token;
  }

  /** @param {string | null} identity - said again if the conversation is open already */
  identify(identity) {
    if (identity === this.#identity) return;
    this.#identity = identity;
    if (this.state !== "idle") this.reconnect();
  }

  /** Connect, if that has not been done: a widget that nobody opens asks nothing of the server. */
  begin() {
    if (this.state === "idle") this.#socket.start();
  }

  /** Connect again at once, asking for what came after the last complete `seq`. */
  reconnect() {
    this.#socket.open();
  }

  /** Leave the conversation for a new one; what was not sent is dropped with it. */
  restart() {
    this.delivery.outbox.clear();
    this.#forgetToken();
    if (this.state !== "idle") this.#socket.open();
  }

  /** Say what need not arrive. @param {{type: "typing"} | {type: "suggest", id: string, text: string}} frame */
  whisper(frame) {
    if (this.state === "online") this.#socket.write({ v: 2, ...frame });
  }

  #hello() {
    const after = this.#token === null ? 0 : this.#lastSeq();
    this.#socket.write({
      v: 2,
      type: "hello",
      widget: this.#widget,
      token: this.#token,
      after,
      identity: this.#identity,
      language: document.documentElement.lang,
      page: this.page,
    });
  }

  /** @param {any} frame */
  #receive(frame) {
    if (frame.type === "welcome") this.#welcome(frame);
    else if (frame.type === "ack") this.delivery.confirm(frame.id, frame.seq);
    else if (frame.type === "error") this.#error(frame);
    else if (/^(turn|typing|status|suggestions)$/.test(frame.type)) this.#emit(frame.type, frame);
  }

  /** @param {any} frame */
  #welcome(frame) {
    this.#token = frame.token;
    this.#local.setItem(this.#tokenKey, frame.token);
    this.#emit("welcome", frame);
    this.#socket.ready();
    this.delivery.flush();
  }

  /** @param {any} frame */
  #error({ id, code, message }) {
    const parcel = this.delivery.outbox.find(id);
    if (parcel) this.delivery.refuse(parcel, code, message);
    else if (this.state === "online") this.#emit("notice", { code, message });
    else this.#helloRefused(code, message);
  }

  /**
   * @param {string} code
   * @param {string} message
   */
  #helloRefused(code, message) {
    const lost = code === "unauthorised" || code === "not_found";
    if (!lost) {
      this.#emit("notice", { code, message });
      this.#socket.fail();
    } else if (this.#expire()) this.#hello();
    else {
      this.#emit("notice", { code, message });
      this.#socket.stop("refused");
    }
  }

  /**
   * @param {number} code
   * @returns {boolean} whether to come back
   */
  #closed(code) {
    if (code === 4401) return this.#expire();
    if (code === 1008 || code === 1009) this.delivery.refuseSent(code === 1009 ? "too_long" : "bad_message");
    return true;
  }

  /**
   * @param {import("./socket.js").State} state
   * @param {number | string | null} code
   */
  #changed(state, code) {
    if (state !== "online") this.delivery.pause();
    this.#emit("state", { state, code });
  }

  /** @returns {boolean} whether there was a conversation to expire */
  #expire() {
    if (this.#token === null) return false;
    this.#forgetToken();
    this.#emit("expired", null);
    return true;
  }

  #forgetToken() {
    this.#token = null;
    this.#local.removeItem(this.#tokenKey);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
