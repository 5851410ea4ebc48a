/**
 * The question before something changes: what it is, what it means, and yes or no.
 */

import { need } from "../chat/dom.js";
import { word } from "./words.js";

const dialog = need("#confirm", HTMLDialogElement);

/**
 * Ask; the words are `KIND-title`, `KIND-text` and `KIND-yes` of the page.
 *
 * @param {string} kind
 * @param {Record<string, string | number>} values For the words.
 * @param {() => void} act What is done on yes.
 */
export function confirm(kind, values, act) {
  need("#confirm-title", HTMLElement).textContent = word(`${kind}-title`, values);
  need("#confirm-text", HTMLElement).textContent = word(`${kind}-text`, values);
  need("#confirm-yes", HTMLElement).textContent = word(`${kind}-yes`, values);
  dialog.returnValue = "";
  dialog.onclose = () => dialog.returnValue === "yes" && act();
  dialog.showModal();
}
