/**
 * Every word of the interface, in Chinese and English.
 *
 * Both languages hold the same keys; `translator` falls back to the key itself, so that a
 * forgotten string is seen at once instead of leaving a hole.
 */

import { EN } from "./strings-en.js";
import { ZH } from "./strings-zh.js";

/** @typedef {"zh" | "en"} Language */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Translate */

/** @type {Record<Language, Record<string, string>>} */
export const STRINGS = { zh: ZH, en: EN };

/**
 * Make the function that turns keys into words of one language.
 *
 * @param {Language} language
 * @returns {Translate}
 */
export function translator(language) {
  const table = STRINGS[language];
  return (key, values = {}) =>
    (table[key] ?? key).replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole));
}

/**
 * Tell whether a language has words for a key (error codes of a newer server may have none).
 *
 * @param {string} key
 * @returns {boolean}
 */
export function isKnown(key) {
  return key in STRINGS.en;
}
