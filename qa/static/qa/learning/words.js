/**
 * The page's words, translated by the server and kept in its <template id="words">.
 */

import { need } from "../chat/dom.js";

/** @type {Map<string, string>} */
const words = new Map();
for (const node of need("#words", HTMLTemplateElement).content.querySelectorAll("[data-word]")) {
  words.set(node.getAttribute("data-word") ?? "", node.textContent ?? "");
}

/**
 * Return a word with its {placeholders} filled.
 *
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function word(name, values = {}) {
  const text = words.get(name);
  if (text === undefined) throw new Error(`Given: no word "${name}". Expected: one in page.html's template.`);
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
