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
  const option = document.querySelector(".option:not(:disabled)");
  if (!(option instanceof HTMLElement)) return;
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
    if (!turn || isTyping(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!/^[1-9]$/.test(event.key)) return;
    const option = [...turn.options.map(({ id }) => id), "none"][Number(event.key) - 1];
    if (option === undefined) return;
    event.preventDefault();
    choose(turn, option);
  });
}

/** @param {KeyboardEvent} event */
function isTyping({ target }) {
  return target instanceof Element && target.closest("input, textarea, select, dialog") !== null;
}
