/**
 * The chat inside of a widget: what the page around it wants, and the two buttons that only exist there.
 */

import { need } from "./dom.js";
import { HostPage } from "./host-page.js";
import { applyTheme } from "./preferences.js";

/**
 * @param {object} parts
 * @param {HTMLElement} parts.root
 * @param {import("./connection.js").Connection} parts.connection
 * @param {(isOpen: boolean) => void} parts.opened - or closed
 * @param {() => void} parts.restart
 * @param {(language: import("./strings.js").Language) => void} parts.speak
 * @returns {HostPage}
 */
export function wireEmbedding({ root, connection, opened, restart, speak }) {
  /** @type {Record<string, (detail: any) => void>} */
  const wishes = {
    init({ page, isOpen }) {
      connection.page = page;
      const { color, side } = root.dataset;
      host.tell("ready", { color, side, title: document.title });
      if (isOpen) wishes.open();
    },
    open() {
      connection.begin();
      opened(true);
    },
    close: () => opened(false),
    identify: ({ token }) => connection.identify(token),
    reset() {
      connection.identify(null);
      restart();
    },
    page: (page) => (connection.page = page),
    locale: speak,
    theme: applyTheme,
  };
  const host = new HostPage(JSON.parse(root.dataset.origins || "[]"), (name, detail) => {
    if (Object.hasOwn(wishes, name)) wishes[name](detail);
  });
  for (const id of ["close", "pop-out"]) need(`#${id}`, HTMLButtonElement).hidden = !host.isEmbedded;
  need("#close", HTMLButtonElement).addEventListener("click", () => host.tell("close"));
  need("#pop-out", HTMLButtonElement).addEventListener("click", () => {
    // The window of its own has a storage of its own: the conversation's key goes along, in what no server sees.
    open(`${location.pathname}#${connection.token ?? ""}`, "_blank", "popup,noopener,width=440,height=720");
    host.tell("close");
  });
  return host;
}
