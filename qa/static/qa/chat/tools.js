/**
 * The header's controls: language, theme, a new conversation, a human; and the words in the template.
 */

import { need } from "./dom.js";
import { applyTheme, LANGUAGE_KEY, readTheme, THEME_KEY } from "./preferences.js";

/** @typedef {import("./preferences.js").Store} Store */
/** @typedef {import("./preferences.js").Theme} Theme */
/** @typedef {import("./strings.js").Language} Language */
/** @typedef {import("./strings.js").Translate} Translate */

/** Where the language button leads. @type {Record<Language, Language>} */
const NEXT = { "zh-Hans": "en", en: "zh-Hant", "zh-Hant": "zh-Hans" };

/**
 * Put the words of the language where the template asks for them (`data-t`, `data-t-label`, `data-t-placeholder`).
 *
 * @param {ParentNode} root
 * @param {Translate} t
 */
export function fillWords(root, t) {
  for (const node of root.querySelectorAll("[data-t]")) {
    node.textContent = t(node.getAttribute("data-t") ?? "");
  }
  for (const node of root.querySelectorAll("[data-t-label]")) {
    const words = t(node.getAttribute("data-t-label") ?? "");
    node.setAttribute("aria-label", words);
    if (node instanceof HTMLButtonElement || node instanceof HTMLLabelElement) node.title = words;
  }
  for (const node of root.querySelectorAll("[data-t-placeholder]")) {
    node.setAttribute("placeholder", t(node.getAttribute("data-t-placeholder") ?? ""));
  }
}

/**
 * Make the language button change and remember the language.
 *
 * @param {Store} store
 * @param {() => Language} current
 * @param {(language: Language) => void} onChange
 */
export function wireLanguage(store, current, onChange) {
  need("#language", HTMLButtonElement).addEventListener("click", () => {
    const next = NEXT[current()];
    store.setItem(LANGUAGE_KEY, next);
    onChange(next);
  });
}

/**
 * Make the theme's radio buttons change and remember the theme.
 *
 * @param {Store} store
 */
export function wireTheme(store) {
  const theme = readTheme();
  for (const radio of document.querySelectorAll("input[name=theme]")) {
    if (!(radio instanceof HTMLInputElement)) continue;
    radio.checked = radio.value === theme;
    radio.addEventListener("change", () => {
      store.setItem(THEME_KEY, radio.value);
      applyTheme(/** @type {Theme} */ (radio.value));
    });
  }
}

/**
 * Make a button of the menu ask first, unless there is nothing to lose; its dialog gives its name when confirmed.
 *
 * @param {string} name - of the button; its dialog is `#name-dialog`
 * @param {() => boolean} isHarmless
 * @param {() => void} then
 */
export function wireConfirmed(name, isHarmless, then) {
  const dialog = need(`#${name}-dialog`, HTMLDialogElement);
  need(`#${name}`, HTMLButtonElement).addEventListener("click", () => {
    closeMenu();
    if (isHarmless()) then();
    else dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === name) then();
    dialog.returnValue = "";
  });
}

/** Close the small screen's menu, if it is one now. */
export function closeMenu() {
  const menu = need("#tools", HTMLElement);
  if (menu.matches(":popover-open")) menu.hidePopover();
}

/**
 * Copy what an element shows.
 *
 * @param {HTMLElement} node
 * @returns {Promise<boolean>} whether it worked
 */
export async function copyText(node) {
  try {
    await navigator.clipboard.writeText(node.innerText.trim());
    return true;
  } catch {
    return copySelection(node);
  }
}

/**
 * The way that also works on plain http, where there is no clipboard API.
 *
 * @param {HTMLElement} node
 * @returns {boolean}
 */
function copySelection(node) {
  const selection = getSelection();
  selection?.selectAllChildren(node);
  const done = document.execCommand("copy");
  selection?.removeAllRanges();
  return done;
}
