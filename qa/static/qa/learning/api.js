/**
 * The JSON API of reviews.
 *
 * @typedef {{id: string, question: string, html: string, probability: number | null}} Entry
 * @typedef {{id: number, text: string, language: string, num_asked: number, bot: string, bot_entry: Entry | null,
 *   reasons: string[], proposal: "entry" | "out_of_scope" | "unknown", proposed_entry: string | null,
 *   suggestions: Entry[], state: string, label: string, entry: Entry | null, reviewer: string, reviewed_at: string,
 *   has_phrasing: boolean}} Item
 * @typedef {{verdict: "confirm" | "correct" | "discard", label?: string, entry?: string}} Judgement
 */

import { callJson } from "./http.js";

/**
 * Whether a reviewed item can become a phrasing: of its entry, or of what is to be declined.
 *
 * @param {Item} item
 */
export function canBePhrasing(item) {
  return Boolean(item.entry || item.label === "out_of_scope") && !item.has_phrasing;
}

export class Api {
  /**
   * @param {string} root
   * @param {string} base
   * @param {string} csrf
   */
  constructor(root, base, csrf) {
    this.root = root;
    this.base = base;
    this.csrf = csrf;
  }

  /**
   * @param {"proposed" | "reviewed"} state
   * @returns {Promise<{items: Item[], num_waiting: number}>}
   */
  queue(state) {
    return this.#call(`?${new URLSearchParams({ knowledge_base: this.base, state })}`);
  }

  /**
   * @param {string} words
   * @param {string} language
   * @returns {Promise<{entries: Entry[]}>}
   */
  search(words, language) {
    const query = new URLSearchParams({ knowledge_base: this.base, q: words, language });
    return this.#call(`entries/?${query}`);
  }

  /**
   * @param {number} id
   * @param {Judgement} judgement
   * @returns {Promise<{item: Item}>}
   */
  decide(id, judgement) {
    return this.#call(`${id}/decision/`, judgement);
  }

  /**
   * @param {number} id
   * @returns {Promise<{item: Item}>}
   */
  undo(id) {
    return this.#call(`${id}/undo/`, {});
  }

  /**
   * @param {number} id
   * @returns {Promise<{entry: string, text: string}>}
   */
  addPhrasing(id) {
    return this.#call(`${id}/phrasing/`, {});
  }

  /** Ask the worker to look for more. */
  propose() {
    return this.#call("propose/", { knowledge_base: this.base });
  }

  /**
   * @param {string} path
   * @param {object} [body] Makes it a POST.
   * @returns {Promise<any>}
   */
  #call(path, body) {
    return callJson(this.root + path, this.csrf, body);
  }
}
