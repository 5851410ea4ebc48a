/**
 * What calls an agent who looks elsewhere: the page's title, a sound, a notification. Nothing that a customer wrote.
 */

import { need } from "../chat/dom.js";
import { openStore } from "../chat/preferences.js";
import { word } from "../learning/words.js";

const SOUND_KEY = "hangjia.desk.sound";
const NOTIFY_KEY = "hangjia.desk.notify";
const BEEP_HZ = 660;
const BEEP_S = 0.18;

export class Alerts {
  #store = openStore("localStorage");
  #sound = need("#sound", HTMLButtonElement);
  #notify = need("#notify", HTMLButtonElement);
  #title = document.title;
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {any} the counts of before */
  #counts = null;

  /** @param {(words: string) => void} complain */
  constructor(complain) {
    this.complain = complain;
    this.#set(this.#sound, this.#store.getItem(SOUND_KEY) === "on");
    this.#set(this.#notify, this.#store.getItem(NOTIFY_KEY) === "on" && globalThis.Notification?.permission === "granted");
    this.#sound.addEventListener("click", () => this.#toggleSound());
    this.#notify.addEventListener("click", () => this.#toggleNotify());
    // Browsers let a page sound only after somebody touched it.
    addEventListener("pointerdown", () => this.#wake(), { once: true });
    addEventListener("keydown", () => this.#wake(), { once: true });
  }

  /** @param {any} counts Of a list frame; more than before calls. */
  counted(counts) {
    const before = this.#counts;
    this.#counts = counts;
    const num = counts.queue + counts.mine_unanswered;
    document.title = num ? `(${num}) ${this.#title}` : this.#title;
    if (!before) return;
    if (counts.urgent > before.urgent) this.#call("somebody-urgent", true);
    else if (counts.queue > before.queue) this.#call("somebody-waits", false);
    else if (counts.mine_unanswered > before.mine_unanswered) this.#call("somebody-wrote", false);
  }

  /** Forget the counts: another list is counted from now on. */
  reset() {
    this.#counts = null;
  }

  /**
   * @param {string} words
   * @param {boolean} isUrgent
   */
  #call(words, isUrgent) {
    if (this.#isOn(this.#sound)) this.#beep(isUrgent ? 3 : 1);
    if (!this.#isOn(this.#notify) || !document.hidden) return;
    const notification = new Notification(this.#title, { body: word(words), tag: "hangjia.desk" });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
  }

  #toggleSound() {
    const isOn = !this.#isOn(this.#sound);
    this.#set(this.#sound, isOn);
    this.#store.setItem(SOUND_KEY, isOn ? "on" : "off");
    this.#wake();
    if (isOn) this.#beep(1);
  }

  async #toggleNotify() {
    if (!this.#isOn(this.#notify) && (await globalThis.Notification?.requestPermission()) !== "granted") {
      return this.complain(word("notify-denied"));
    }
    const isOn = !this.#isOn(this.#notify);
    this.#set(this.#notify, isOn);
    this.#store.setItem(NOTIFY_KEY, isOn ? "on" : "off");
  }

  #wake() {
    if (!this.#isOn(this.#sound)) return;
    this.#audio ??= new AudioContext();
    this.#audio.resume();
  }

  /** @param {number} times */
  #beep(times) {
    const audio = this.#audio;
    if (!audio) return;
    for (let place = 0; place < times; place += 1) {
      const start = audio.currentTime + place * BEEP_S * 1.5;
      const tone = new OscillatorNode(audio, { frequency: BEEP_HZ });
      const volume = new GainNode(audio, { gain: 0 });
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.2, start + 0.02);
      volume.gain.linearRampToValueAtTime(0, start + BEEP_S);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + BEEP_S);
    }
  }

  /** @param {HTMLElement} button */
  #isOn(button) {
    return button.getAttribute("aria-pressed") === "true";
  }

  /**
   * @param {HTMLElement} button
   * @param {boolean} isOn
   */
  #set(button, isOn) {
    button.setAttribute("aria-pressed", String(isOn));
  }
}
