/**
 * The conversation as a text file.
 */

import { el } from "./dom.js";

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

/**
 * Let the browser save what was said.
 *
 * @param {readonly Item[]} items
 * @param {Surroundings} page
 */
export function saveTranscript(items, page) {
  const lines = items.flatMap(({ turn }) => (turn ? [line(turn, page)] : []));
  const url = URL.createObjectURL(new Blob([`${document.title}\n\n${lines.join("\n\n")}\n`], { type: "text/plain" }));
  el("a", { href: url, download: `${new Date().toISOString().slice(0, 10)}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * @param {import("./conversation.js").Turn} turn
 * @param {Surroundings} page
 */
function line(turn, page) {
  const who = turn.author ?? page.t(`role.${turn.role}`);
  const options = turn.options.map(({ text }, index) => `\n  ${index + 1}. ${text}`).join("");
  return `${new Date(turn.at).toLocaleString(page.locale)}  ${who}\n${turn.text}${options}`;
}
