/**
 * Choosing by keyboard: arrow up from the empty box to the choices, then a digit.
 */

/** @typedef {import("./conversation.js").Turn} Turn */

/**
 * Move the focus to the first open choice, if there is one.
 *
 * @param {KeyboardEvent} event
 */
export function focusOption(event) {
  const option = /** @type {HTMLElement | null} */ (document.querySelector(".option:enabled"));
  if (!option) return;
  event.preventDefault();
  option.focus();
}

/**
 * Let digits choose wherever they are not being typed.
 *
 * @param {() => Turn | null} openTurn
 * @param {(turn: Turn, option: string | number) => void} choose
 */
export function wireDigits(openTurn, choose) {
  document.addEventListener("keydown", (event) => {
    const turn = openTurn();
    const isTyping = /** @type {Element} */ (event.target).closest("input, textarea, select, dialog");
    if (!turn || isTyping || event.ctrlKey || event.altKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
    const option = [...turn.options.map(({ id }) => id), "none"][Number(event.key) - 1];
    if (option === undefined) return;
    event.preventDefault();
    choose(turn, option);
  });
}
