/**
 * What the visitor chose and the browser remembers: language, theme, and storage that never throws.
 */

/** @typedef {import("./strings.js").Language} Language */
/** @typedef {"auto" | "light" | "dark"} Theme */
/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

export const LANGUAGE_KEY = "hangjia.language";
export const THEME_KEY = "hangjia.theme";

/**
 * Open a browser store, or one in memory where the browser forbids it.
 *
 * Private windows and embedded frames may throw on the mere access; a chat that works until the
 * tab closes is better than none.
 *
 * @param {"localStorage" | "sessionStorage"} name
 * @returns {Store}
 */
export function openStore(name) {
  try {
    const store = window[name];
    store.setItem("hangjia.probe", "1");
    store.removeItem("hangjia.probe");
    return forgiving(store);
  } catch {
    return memoryStore();
  }
}

/**
 * @param {Storage} store
 * @returns {Store}
 */
function forgiving(store) {
  return {
    getItem: (key) => store.getItem(key),
    removeItem: (key) => store.removeItem(key),
    setItem: (key, value) => {
      try {
        store.setItem(key, value);
      } catch {
        // A full quota costs the memory of one thing, never the message being typed.
      }
    },
  };
}

/** @returns {Store} */
function memoryStore() {
  /** @type {Map<string, string>} */
  const values = new Map();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/**
 * Read the language, on which boot.js has decided before the first paint.
 *
 * @returns {Language}
 */
export function readLanguage() {
  return /** @type {Language} */ (document.documentElement.lang);
}

/**
 * Read the theme, on which boot.js has decided too.
 *
 * @returns {Theme}
 */
export function readTheme() {
  return /** @type {Theme} */ (document.documentElement.dataset.theme);
}

/**
 * Put a language on the document, so that fonts, hyphenation and screen readers follow.
 *
 * @param {Language} language
 */
export function applyLanguage(language) {
  document.documentElement.lang = language;
}

/**
 * Put a theme on the document; `auto` leaves the choice to `prefers-color-scheme`.
 *
 * @param {Theme} theme
 */
export function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
}
