/**
 * The header's controls: language, theme, a new conversation, a human; and the words in the template.
 */

import { html, need } from "./dom.js";
import { LANGUAGE_KEY, THEME_KEY } from "./preferences.js";
import { t } from "./strings.js";

/** @typedef {import("./preferences.js").Store} Store */
/** @typedef {import("./strings.js").Language} Language */

/** Where the language button leads. @type {Record<string, Language>} */
const NEXT = { "zh-Hans": "en", en: "zh-Hant", "zh-Hant": "zh-Hans" };

/** Put the words of the language where the template asks for them (`data-t`, `data-t-label`, `data-t-placeholder`). */
export function fillWords() {
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.getAttribute("data-t") ?? "");
  for (const node of document.querySelectorAll("[data-t-label]")) {
    const words = t(node.getAttribute("data-t-label") ?? "");
    node.ariaLabel = words;
    if (node.matches("button, label")) node.setAttribute("title", words);
  }
  const box = need("#text", HTMLTextAreaElement);
  box.placeholder = t("composer.placeholder");
}

/**
 * Make the language button change and remember the language.
 *
 * @param {Store} store
 * @param {(language: Language) => void} change
 */
export function wireLanguage(store, change) {
  need("#language", HTMLButtonElement).onclick = () => {
    const next = NEXT[html.lang];
    store.setItem(LANGUAGE_KEY, next);
    change(next);
  };
}

/**
 * Make the theme's radio buttons change and remember the theme.
 *
 * @param {Store} store
 */
export function wireTheme(store) {
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[name=theme]"))) {
    const { value } = radio;
    radio.checked = value === html.dataset.theme;
    radio.onchange = () => {
      store.setItem(THEME_KEY, value);
      html.dataset.theme = value;
    };
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
  need(`#${name}`, HTMLButtonElement).onclick = () => {
    closeMenu();
    if (isHarmless()) then();
    else dialog.showModal();
  };
  dialog.onclose = () => {
    if (dialog.returnValue === name) then();
    dialog.returnValue = "";
  };
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
    // The way that also works on plain http, where there is no clipboard API.
    const selection = getSelection();
    selection?.selectAllChildren(node);
    const done = document.execCommand("copy");
    selection?.removeAllRanges();
    return done;
  }
}
