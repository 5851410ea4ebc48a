/**
 * What the visitor chose and the browser remembers: language, theme, and storage that never throws.
 */

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
    return {
      getItem: (key) => store.getItem(key),
      removeItem: (key) => store.removeItem(key),
      setItem(key, value) {
        try {
          store.setItem(key, value);
        } catch {
          // A full quota costs the memory of one thing, never the message being typed.
        }
      },
    };
  } catch {
    /** @type {Map<string, string>} */
    const values = new Map();
    return {
      getItem: (key) => values.get(key) ?? null,
      removeItem: (key) => void values.delete(key),
      setItem: (key, value) => void values.set(key, value),
    };
  }
}
