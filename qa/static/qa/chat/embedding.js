/**
 * The chat inside of a widget: what the page around it wants, and the two buttons that only exist there.
 */

import { html, need } from "./dom.js";
import { meetHostPage } from "./host-page.js";

/**
 * @param {object} parts
 * @param {HTMLElement} parts.root
 * @param {import("./connection.js").Connection} parts.connection
 * @param {(isOpen: boolean) => void} parts.opened - or closed
 * @param {() => void} parts.restart
 * @param {(language: import("./strings.js").Language) => void} parts.change - the language
 */
export function wireEmbedding({ root, connection, opened, restart, change }) {
  /** @type {Record<string, (detail: any) => void>} */
  const wishes = {
    init({ page, isOpen }) {
      connection.page = page;
      const { color, side } = root.dataset;
      host.tell("ready", { color, side });
      if (isOpen) wishes.open(null);
    },
    open: () => opened(true),
    close: () => opened(false),
    identify: ({ token }) => connection.identify(token),
    reset() {
      connection.identify(null);
      restart();
    },
    page: (page) => (connection.page = page),
    locale: change,
    theme: (theme) => (html.dataset.theme = theme),
  };
  const host = meetHostPage(JSON.parse(root.dataset.origins || "[]"), (name, detail) => {
    if (Object.hasOwn(wishes, name)) wishes[name](detail);
  });
  const close = need("#close", HTMLButtonElement);
  const popOut = need("#pop-out", HTMLButtonElement);
  close.hidden = popOut.hidden = !host.isEmbedded;
  close.onclick = () => host.tell("close");
  popOut.onclick = () => {
    // The window of its own has a storage of its own: the conversation's key goes along, in what no server sees.
    open(`${location.pathname}#${connection.token ?? ""}`, "_blank", "popup,noopener,width=440,height=720");
    host.tell("close");
  };
  return host;
}
