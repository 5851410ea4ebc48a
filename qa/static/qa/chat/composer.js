/**
 * The text box: grows with its text, sends on Enter, leaves Enter to input methods, counts near the limit.
 */

/** @typedef {import("./preferences.js").Store} Store */
/** @typedef {import("./strings.js").Translate} Translate */

export const MAX_CHARACTERS = 4000; // code points, as the server counts
const COUNT_FROM = 3600;
const TYPING_EVERY_MS = 3000;
const IME_KEY = 229; // Safari ends the composition before the keydown of the Enter that ended it

export class Composer {
  /** @type {Translate} */
  t = (key) => key;
  #form;
  #text;
  #counter;
  #send;
  #store;
  #key;
  #onTyping;
  #onUp;
  #typedAt = 0;

  /**
   * @param {object} parts
   * @param {HTMLFormElement} parts.form
   * @param {Store} parts.store - keeps the draft over a reload
   * @param {string} parts.key
   * @param {(text: string) => void} parts.onSend
   * @param {() => void} parts.onTyping - at most every 3 s
   * @param {(event: KeyboardEvent) => void} parts.onUp - arrow up in the empty box
   */
  constructor({ form, store, key, onSend, onTyping, onUp }) {
    this.#form = form;
    this.#text = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    this.#counter = /** @type {HTMLElement} */ (form.querySelector(".counter"));
    this.#send = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
    this.#store = store;
    this.#key = key;
    this.#onTyping = onTyping;
    this.#onUp = onUp;
    this.#text.value = store.getItem(key) ?? "";
    this.#text.addEventListener("input", () => this.#changed(true));
    this.#text.addEventListener("keydown", (event) => this.#pressed(event));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(onSend);
    });
    this.#changed(false);
  }

  /** Put the cursor into the box; not on a phone, where the keyboard would hide half of the answer. */
  focus() {
    if (matchMedia("(pointer: fine)").matches) this.#text.focus();
  }

  clear() {
    this.#text.value = "";
    this.#changed(false);
  }

  /** Show state and counter again, after the language has changed. */
  refresh() {
    this.#changed(false);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape" && !event.isComposing) return this.#text.blur();
    if (event.key === "ArrowUp" && this.#text.value === "") this.#onUp(event);
    const isPlainEnter = event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (!isPlainEnter || event.isComposing || event.keyCode === IME_KEY) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  /** @param {(text: string) => void} onSend */
  #submit(onSend) {
    const text = clean(this.#text.value);
    if (text === "" || length(text) > MAX_CHARACTERS) return this.#text.focus();
    this.clear();
    onSend(text);
    this.#text.focus();
  }

  /** @param {boolean} isTyped */
  #changed(isTyped) {
    const { value } = this.#text;
    // The mirror behind the box gives it its height: no script sets a style.
    /** @type {HTMLElement} */ (this.#text.parentElement).dataset.mirror = `${value} `;
    this.#store.setItem(this.#key, value);
    this.#count(value);
    if (isTyped && Date.now() - this.#typedAt > TYPING_EVERY_MS) {
      this.#typedAt = Date.now();
      this.#onTyping();
    }
  }

  /** @param {string} value */
  #count(value) {
    const left = MAX_CHARACTERS - length(clean(value));
    this.#send.disabled = left === MAX_CHARACTERS || left < 0;
    this.#counter.hidden = left > MAX_CHARACTERS - COUNT_FROM;
    this.#counter.classList.toggle("counter--over", left < 0);
    this.#text.setAttribute("aria-invalid", String(left < 0));
    const key = left < 0 ? "composer.over" : "composer.left";
    this.#counter.textContent = this.#counter.hidden ? "" : this.t(key, { count: Math.abs(left) });
  }
}

/**
 * Trim, and take out what no JSON text frame may carry: NUL and halves of surrogate pairs.
 *
 * @param {string} text
 * @returns {string}
 */
export function clean(text) {
  return text
    .replaceAll("\u0000", "")
    .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD")
    .trim();
}

/**
 * @param {string} text
 * @returns {number} code points
 */
function length(text) {
  return [...text].length;
}
