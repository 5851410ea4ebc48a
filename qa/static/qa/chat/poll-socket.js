/**
 * What a WebSocket offers, over long polls: for networks that let no socket through.
 *
 * Every request carries the hello of the conversation with the last `seq` heard of, so that a lost answer loses nothing.
 */

const HASTE_MS = 1000; // a server that answers at once without news is not asked again at once
const MOST_FRAMES = 40; // of one request; the server takes 50, the hello among them
const LOST_MS = 35_000; // the server holds a poll for 25 s
export const PING = { v: 2, type: "ping" }; // its answer is news: what goes with it is not held
export const LOST = 1006; // RFC 6455, section 7.4.1: closed without a close frame

export class PollSocket {
  /** @type {number} as a WebSocket's */
  readyState = WebSocket.CONNECTING;
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number}) => void) | null} */
  onclose = null;
  #url;
  /** @type {any} */
  #hello = null;
  #isWelcomed = false;
  #stop = new AbortController();
  /** @type {object[]} what waits for its turn: two requests could overtake each other */
  #outgoing = [];
  #isSaying = false;

  /** @param {string} url */
  constructor(url) {
    this.#url = url;
    queueMicrotask(() => {
      this.readyState = WebSocket.OPEN;
      this.onopen?.();
    });
  }

  /** @param {string} text */
  send(text) {
    const frame = JSON.parse(text);
    // The polls are the heartbeat.
    if (frame.type === "ping") this.onmessage?.({ data: '{"v":2,"type":"pong"}' });
    else if (frame.type !== "hello") {
      this.#outgoing.push(frame, PING);
      if (!this.#isSaying) this.#say();
    } else {
      const isFirst = !this.#hello;
      this.#hello = frame;
      if (isFirst) this.#poll();
    }
  }

  close() {
    this.readyState = WebSocket.CLOSED;
    this.#stop.abort();
  }

  async #say() {
    this.#isSaying = true;
    while (this.#outgoing.length) await this.#ask(this.#outgoing.splice(0, MOST_FRAMES));
    this.#isSaying = false;
  }

  async #poll() {
    while (this.readyState === WebSocket.OPEN) {
      const began = Date.now();
      const heard = await this.#ask(this.#isWelcomed ? [] : [PING]);
      const wait = heard > 2 ? 0 : HASTE_MS - (Date.now() - began);
      if (wait > 0) await new Promise((then) => setTimeout(then, wait));
    }
  }

  /**
   * @param {object[]} frames
   * @returns {Promise<number>} how many frames came back
   */
  async #ask(frames) {
    const timer = setTimeout(() => this.#lose(), LOST_MS);
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ frames: [this.#hello, ...frames] }),
        signal: this.#stop.signal,
      });
      const answer = await response.json();
      for (const frame of answer.frames) this.#receive(frame);
      if (answer.close) this.onclose?.({ code: answer.close });
      return answer.frames.length;
    } catch {
      this.#lose();
      return 0;
    } finally {
      clearTimeout(timer);
    }
  }

  #lose() {
    if (this.readyState === WebSocket.OPEN) this.onclose?.({ code: LOST });
  }

  /** @param {any} frame */
  #receive(frame) {
    if (frame.type === "turn") this.#hello.after = Math.max(this.#hello.after, frame.seq);
    if (frame.type === "welcome") {
      this.#hello.token = frame.token;
      if (this.#isWelcomed) return;
      this.#isWelcomed = true;
    }
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}
