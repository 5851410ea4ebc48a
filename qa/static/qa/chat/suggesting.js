/**
 * Questions of the knowledge base under what is being typed: arrow keys and Enter ask one, Escape puts them away.
 */

import { el, need } from "./dom.js";
import { newId } from "./outbox.js";

const AFTER_MS = 200;
const SHORTEST = 2;
const LONGEST = 200; // the protocol's limit

/**
 * @param {object} parts
 * @param {(id: string, text: string) => void} parts.ask - the server
 * @param {(text: string) => void} parts.choose
 */
export function wireSuggesting({ ask, choose }) {
  const box = need("#text", HTMLTextAreaElement);
  const list = need("#suggestions", HTMLElement);
  let asked = ""; // an answer to an older request comes too late
  let active = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  for (const type of ["input", "compositionend"]) box.addEventListener(type, typed);
  // Before the composer, whose Enter sends and whose Escape leaves.
  document.addEventListener("keydown", (event) => event.target === box && pressed(event), true);
  document.addEventListener("focusin", ({ target }) => target !== box && hide());

  function hide() {
    clearTimeout(timer);
    asked = "";
    list.hidden = true;
    activate(-1);
  }

  function typed() {
    hide();
    timer = setTimeout(() => {
      const text = box.value.trim();
      if (text.length < SHORTEST || text.length > LONGEST) return;
      asked = newId();
      ask(asked, text);
    }, AFTER_MS);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const { key, isComposing } = event;
    const { hidden, children } = list;
    if (isComposing) return;
    if (key === "Enter") {
      const chosen = hidden ? null : children[active]?.textContent;
      hide();
      if (!chosen) return;
      choose(chosen);
    } else if (hidden) return;
    else if (key === "Escape") hide();
    else if (key === "ArrowDown") activate(active + 1);
    else if (key === "ArrowUp") activate(active - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} index - past either end: none */
  function activate(index) {
    const { children } = list;
    active = index < -1 ? children.length - 1 : index >= children.length ? -1 : index;
    [...children].forEach((option, at) => (option.ariaSelected = String(at === active)));
    if (active < 0) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", children[active].id);
    children[active]?.scrollIntoView({ block: "nearest" });
  }

  return {
    /**
     * @param {string} id - of the request
     * @param {{text: string}[]} items
     */
    show(id, items) {
      if (id !== asked || box.value.trim() === "") return;
      list.replaceChildren(
        ...items.map(({ text }, index) =>
          el("li", {
            role: "option",
            id: `suggestion-${index}`,
            // Not click: the text box would lose the focus before.
            onpointerdown(event) {
              event.preventDefault();
              hide();
              choose(text);
            },
          }, text),
        ),
      );
      list.hidden = items.length === 0;
      activate(-1);
    },
  };
}
