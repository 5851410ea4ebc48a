/**
 * Single keys that act on the page. They can be switched off (WCAG 2.1.4), and never act while somebody types.
 */

import { need } from "../chat/dom.js";

const STORED = "hangjia.review.keys";
/** Keys that go on while they are held; what others do is done once. */
const MOVES = ["j", "k", "ArrowDown", "ArrowUp"];
const help = need("#keys", HTMLDialogElement);
const toggle = need("#keys-on", HTMLInputElement);

/**
 * @param {Record<string, () => void>} actions Key → what it does.
 * @param {(number: number) => void} chooseNumber
 */
export function listenToKeys(actions, chooseNumber) {
  toggle.checked = stored() !== "off";
  apply();
  toggle.addEventListener("change", () => {
    apply();
    try {
      localStorage.setItem(STORED, toggle.checked ? "on" : "off");
    } catch {
      // Storage is forbidden: the choice holds until the page is left.
    }
  });
  need("#help", HTMLButtonElement).addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (!mayAct(event)) return;
    const act = actions[event.key];
    if (/^[1-5]$/.test(event.key)) chooseNumber(Number(event.key));
    else if (event.key === "?") help.showModal();
    else if (act) act();
    else return;
    event.preventDefault();
  });
}

/** @param {KeyboardEvent} event */
function mayAct(event) {
  if (!toggle.checked || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.repeat && !MOVES.includes(event.key)) return false;
  if (document.querySelector("dialog[open]")) return false;
  const target = /** @type {Element} */ (event.target);
  if (target.closest("input, select, textarea")) return false;
  // Enter on a focused control is that control's own.
  return !(event.key === "Enter" && target.closest("button, a"));
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function apply() {
  document.body.toggleAttribute("data-keys-off", !toggle.checked);
}
