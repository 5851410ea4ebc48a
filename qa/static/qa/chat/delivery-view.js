/**
 * How far a message of the customer has got, under its bubble.
 */

import { button, el, icon } from "./dom.js";
import { isKnown, t } from "./strings.js";

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./outbox.js").Parcel} Parcel */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

/**
 * @param {HTMLElement} node
 * @param {Item} item
 * @param {Surroundings} page
 */
export function updateDelivery(node, { parcel }, page) {
  const place = /** @type {HTMLElement | null} */ (node.querySelector(".delivery"));
  const isFailed = parcel?.state === "failed";
  const state = !parcel ? "sent" : isFailed ? "failed" : page.isOnline ? "sending" : "queued";
  if (!place || place.dataset.state === state) return;
  place.dataset.state = state;
  place.replaceChildren(parcel ? "" : icon("check"), t(`message.${state}`));
  place.ariaHidden = String(!isFailed);
  node.querySelector(".failure")?.remove();
  if (isFailed) place.closest(".turn__body")?.append(failure(parcel, page));
}

/**
 * @param {Parcel} parcel
 * @param {Surroundings} page
 */
function failure(parcel, page) {
  const error = `error.${parcel.code}`;
  return el(
    "p",
    { class: "failure" },
    el("span", {}, t(isKnown(error) ? error : "error.unavailable")),
    button({ class: "link", onclick: () => page.retry(parcel) }, t("message.retry")),
    button({ class: "link", onclick: () => page.discard(parcel) }, t("message.discard")),
  );
}
