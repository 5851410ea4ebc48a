/**
 * The brand, and the popular questions that a new visitor sees.
 */

import { button, el, html, need } from "./dom.js";

/**
 * Show the brand's name, its greeting and its popular questions in the page's language.
 *
 * @param {DOMStringMap} said - by the template, for both languages
 * @param {(question: string) => void} ask
 */
export function showFirstScreen(said, ask) {
  const isEnglish = html.lang === "en";
  const brand = (isEnglish && said.brandEn) || said.brand || "";
  const greeting = isEnglish ? said.greetingEn : said.greeting;
  if (greeting) need("#first h2", HTMLElement).textContent = greeting;
  need("h1", HTMLElement).textContent = document.title = brand;

  /** @type {Partial<Record<"zh" | "en", string>>[]} the knowledge base knows one Chinese */
  const all = JSON.parse(said.popular || "[]");
  const questions = all.flatMap((question) => question[isEnglish ? "en" : "zh"] ?? []);
  const items = questions.map((text) => el("li", {}, button({ class: "popular", onclick: () => ask(text) }, text)));
  need("#popular", HTMLElement).replaceChildren(...items);
  need("#popular-block", HTMLElement).hidden = !items.length;
}
