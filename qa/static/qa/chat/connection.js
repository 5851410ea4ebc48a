/**
 * The protocol of `/ws/chat/` (version 2): hello, resume, errors; what is sent goes through `delivery`.
 *
 * Knows nothing of the page.
 *
 * Events, with their detail: `state` {state, code}, `welcome` frame, `turn` frame,
 * `typing` frame, `status` frame, `suggestions` frame, `ack` {parcel, seq}, `refused` {parcel, code, message}, `notice` {code, message},
 * `outbox` null, `expired` null, `elsewhere` null.
 */

import { makeDelivery } from "./delivery.js";
import { html } from "./dom.js";
import { openOutbox } from "./outbox.js";
import { lastingSocket } from "./socket.js";

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

/** @typedef {ReturnType<typeof connect>} Connection */

/**
 * @param {object} parts
 * @param {string} parts.url
 * @param {string} parts.pollUrl
 * @param {string | null} parts.widget
 * @param {Store} parts.local
 * @param {Store} parts.session
 * @param {() => number} parts.lastSeq - up to which nothing is missing
 * @param {(type: string, detail?: any) => void} parts.emit
 */
export function connect({ url, pollUrl, widget, local, session, lastSeq, emit }) {
  const tokenKey = `hangjia.token:${widget ?? ""}`;
  // From the window that this one popped out of; a stranger's link has another referrer.
  const handed = document.referrer.startsWith(`${location.origin}/chat/`) ? location.hash.slice(1) : "";
  if (handed) {
    local.setItem(tokenKey, handed);
    history.replaceState(null, "", location.pathname);
  }
  let token = local.getItem(tokenKey);
  /** @type {string | null} signed by the site around the widget */
  let identity = null;

  const socket = lastingSocket(url, pollUrl, {
    opened: hello,
    received(frame) {
      const { type, id, code, message } = frame;
      if (type === "welcome") welcome(frame);
      else if (type === "ack") delivery.confirm(id, frame.seq);
      else if (type === "error") refused(id, code, message);
      else if (/^(turn|typing|status|suggestions)$/.test(type)) emit(type, frame);
    },
    closed(code) {
      if (code === 4401) return expire();
      if (code === 1008) delivery.refuseSent("bad_message");
      if (code === 1009) delivery.refuseSent("too_long");
      return true;
    },
    changed(state, code) {
      if (state !== "online") delivery.pause();
      emit("state", { state, code });
    },
  });
  const delivery = makeDelivery({
    outbox: openOutbox(session, `hangjia.outbox:${widget ?? ""}`),
    isOpen: () => socket.state === "online",
    write: socket.write,
    emit,
  });
  // Another tab went on to another conversation: so does this one.
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== tokenKey || !newValue || newValue === token) return;
    token = newValue;
    if (socket.state === "idle") return;
    emit("elsewhere");
    socket.open();
  });

  function hello() {
    socket.write({
      v: 2,
      type: "hello",
      widget,
      token,
      after: token === null ? 0 : lastSeq(),
      identity,
      language: html.lang,
      page: connection.page,
    });
  }

  /** @param {any} frame */
  function welcome(frame) {
    token = frame.token;
    local.setItem(tokenKey, frame.token);
    emit("welcome", frame);
    socket.ready();
    delivery.flush();
  }

  /**
   * @param {string | null} id
   * @param {string} code
   * @param {string} message
   */
  function refused(id, code, message) {
    const parcel = delivery.outbox.find(id);
    const isLost = code === "unauthorised" || code === "not_found";
    if (parcel) return delivery.refuse(parcel, code, message);
    // Before the welcome it is the hello that was refused: with a token that is too old, or for good.
    const isGreeting = socket.state !== "online";
    if (isGreeting && isLost && expire()) return hello();
    emit("notice", { code, message });
    if (!isGreeting) return;
    if (isLost) socket.stop("refused");
    else socket.fail();
  }

  /** @returns {boolean} whether there was a conversation to expire */
  function expire() {
    if (token === null) return false;
    forgetToken();
    emit("expired");
    return true;
  }

  function forgetToken() {
    token = null;
    local.removeItem(tokenKey);
  }

  const connection = {
    delivery,
    /** @type {string | null} address of the page around the widget */
    page: null,

    /** Whether an earlier conversation will be resumed. */
    get resumes() {
      return token !== null;
    },

    get state() {
      return socket.state;
    },

    get token() {
      return token;
    },

    /** @param {string | null} next - said again if the conversation is open already */
    identify(next) {
      if (next === identity) return;
      identity = next;
      if (socket.state !== "idle") socket.open();
    },

    /** Connect, if that has not been done: a widget that nobody opens asks nothing of the server. */
    begin() {
      if (socket.state === "idle") socket.start();
    },

    /** Connect again at once, asking for what came after the last complete `seq`. */
    reconnect: socket.open,

    /** Leave the conversation for a new one; what was not sent is dropped with it. */
    restart() {
      delivery.outbox.clear();
      forgetToken();
      if (socket.state !== "idle") socket.open();
    },

    /**
     * Say what need not arrive.
     * @param {{type: "typing"} | {type: "suggest", id: string, text: string}} frame
     * @returns {boolean} whether it was said
     */
    whisper(frame) {
      const isOnline = socket.state === "online";
      if (isOnline) socket.write({ v: 2, ...frame });
      return isOnline;
    },
  };
  return connection;
}
