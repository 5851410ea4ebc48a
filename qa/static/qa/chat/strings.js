/**
 * The words of the interface, one language at a time: a visitor's browser loads no other than it shows.
 *
 * All languages hold the same keys; `translator` falls back to the key itself, so that a
 * forgotten string is seen at once instead of leaving a hole.
 */

/** @typedef {"zh-Hans" | "zh-Hant" | "en"} Language */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Translate */

/** @type {Partial<Record<Language, Record<string, string>>>} */
const TABLES = {};

/**
 * Load a language's words; once.
 *
 * @param {Language} language
 */
export async function loadWords(language) {
  TABLES[language] ??= await (await fetch(`${document.documentElement.dataset.words}${language}.json`)).json();
}

/**
 * Make the function that turns keys into words of a loaded language.
 *
 * @param {Language} language
 * @returns {Translate}
 */
export function translator(language) {
  return (key, values = {}) =>
    (TABLES[language]?.[key] ?? key).replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole));
}

/**
 * Tell whether there are words for a key (error codes of a newer server may have none).
 *
 * @param {string} key
 * @returns {boolean}
 */
export function isKnown(key) {
  return Object.values(TABLES).some((words) => key in words);
}
