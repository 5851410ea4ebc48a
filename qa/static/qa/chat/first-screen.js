/**
 * The brand, and the popular questions that a new visitor sees.
 */

import { el, need } from "./dom.js";

/** @typedef {import("./strings.js").Language} Language */

/**
 * Put the brand's name of the language on the page and in the title.
 *
 * @param {HTMLElement} root
 * @param {Language} language
 */
export function showBrand(root, language) {
  const brand = (language === "en" && root.dataset.brandEn) || root.dataset.brand || "";
  const greeting = language === "en" ? root.dataset.greetingEn : root.dataset.greeting;
  if (greeting) need("#first h2", HTMLElement).textContent = greeting;
  for (const node of document.querySelectorAll("[data-brand-name]")) node.textContent = brand;
  document.title = brand;
}

/**
 * Offer the popular questions that exist in the language.
 *
 * @param {HTMLElement} root
 * @param {Language} language
 * @param {(question: string) => void} onAsk
 */
export function showPopular(root, language, onAsk) {
  const written = language === "en" ? "en" : "zh"; // the knowledge base knows one Chinese
  /** @type {Partial<Record<"zh" | "en", string>>[]} */
  const all = JSON.parse(root.dataset.popular || "[]");
  const questions = all.flatMap((question) => question[written] ?? []);
  need("#popular", HTMLElement).replaceChildren(...questions.map((text) => item(text, onAsk)));
  need("#popular-block", HTMLElement).hidden = questions.length === 0;
}

/**
 * @param {string} text
 * @param {(question: string) => void} onAsk
 */
function item(text, onAsk) {
  const button = el("button", { type: "button", class: "popular", "data-testid": "popular" }, text);
  button.addEventListener("click", () => onAsk(text));
  return el("li", {}, button);
}
