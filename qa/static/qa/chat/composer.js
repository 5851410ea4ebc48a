/**
 * The text box: grows with its text, sends on Enter, leaves Enter to input methods, counts near the limit.
 */

import { need } from "./dom.js";
import { t } from "./strings.js";

/** @typedef {import("./preferences.js").Store} Store */

const MAX_CHARACTERS = 4000; // code points, as the server counts
const COUNT_FROM = 3600;
const TYPING_EVERY_MS = 3000;
const IME_KEY = 229; // Safari ends the composition before the keydown of the Enter that ended it

/**
 * @param {object} parts
 * @param {Store} parts.store - keeps the draft over a reload
 * @param {string} parts.key
 * @param {(text: string) => void} parts.onSend
 * @param {() => boolean} parts.onTyping - asked until it says that somebody was told, then not for 3 s
 * @param {(event: KeyboardEvent) => void} parts.onUp - arrow up in the empty box
 */
export function wireComposer({ store, key, onSend, onTyping, onUp }) {
  const form = need("#composer", HTMLFormElement);
  const box = need("#text", HTMLTextAreaElement);
  const counter = need("#composer-counter", HTMLElement);
  const send = need(".button--send", HTMLButtonElement);
  let toldAt = 0;
  box.value = store.getItem(key) ?? "";
  box.oninput = () => {
    refresh();
    if (Date.now() - toldAt > TYPING_EVERY_MS && onTyping()) toldAt = Date.now();
  };
  box.onkeydown = (event) => {
    if (event.key === "Escape" && !event.isComposing) return box.blur();
    if (event.key === "ArrowUp" && box.value === "") onUp(event);
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key !== "Enter" || !isPlain || event.isComposing || event.keyCode === IME_KEY) return;
    event.preventDefault();
    form.requestSubmit();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = clean(box.value);
    if (!send.disabled) {
      clear();
      onSend(text);
    }
    box.focus();
  };
  refresh();

  /** Put the cursor into the box; not on a phone, where the keyboard would hide half of the answer. */
  function focus() {
    if (matchMedia("(pointer: fine)").matches) box.focus();
  }

  function clear() {
    box.value = "";
    refresh();
  }

  /** Show what the box holds, after it or the language has changed. */
  function refresh() {
    const { value } = box;
    // The mirror behind the box gives it its height: no script sets a style.
    /** @type {HTMLElement} */ (box.parentElement).dataset.mirror = `${value} `;
    store.setItem(key, value);
    const left = MAX_CHARACTERS - [...clean(value)].length;
    const isOver = left < 0;
    send.disabled = left === MAX_CHARACTERS || isOver;
    counter.hidden = left > MAX_CHARACTERS - COUNT_FROM;
    counter.classList.toggle("counter--over", isOver);
    box.ariaInvalid = String(isOver);
    counter.textContent = counter.hidden ? "" : t(isOver ? "composer.over" : "composer.left", { count: Math.abs(left) });
  }

  return { focus, clear, refresh };
}

/**
 * Trim, and take out what no JSON text frame may carry: NUL and halves of surrogate pairs.
 *
 * @param {string} text
 * @returns {string}
 */
function clean(text) {
  return text.replaceAll("\0", "").toWellFormed().trim();
}
