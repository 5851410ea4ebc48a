/**
 * The words of the interface, one language at a time: a visitor's browser loads no other than it shows.
 *
 * All languages hold the same keys; a key without words is shown itself, so that a forgotten string is seen at once
 * instead of leaving a hole.
 */

import { html } from "./dom.js";

/** @typedef {"zh-Hans" | "zh-Hant" | "en"} Language */

/** @type {Partial<Record<Language, Record<string, string>>>} */
const TABLES = {};
/** @type {Record<string, string>} */
let words = {};

/**
 * Speak a language from now on: load its words, once, and put it on the document, so that fonts, hyphenation and
 * screen readers follow.
 *
 * @param {Language} language
 */
export async function speak(language) {
  TABLES[language] ??= await (await fetch(`${html.dataset.words}${language}.json`)).json();
  words = TABLES[language] ?? {};
  html.lang = language;
}

/**
 * Give the words of a key, with values for its holes.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole));
}

/**
 * Tell whether there are words for a key (error codes of a newer server may have none).
 *
 * @param {string} key
 * @returns {boolean}
 */
export function isKnown(key) {
  return key in words;
}
