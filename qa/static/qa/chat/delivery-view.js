/**
 * How far a message of the customer has got, under its bubble.
 */

import { el, icon } from "./dom.js";
import { isKnown } from "./strings.js";

/** @typedef {import("./conversation.js").Item} Item */
/** @typedef {import("./outbox.js").Parcel} Parcel */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

/**
 * @param {HTMLElement} node
 * @param {Item} item
 * @param {Surroundings} page
 */
export function updateDelivery(node, { parcel }, page) {
  const place = node.querySelector(".delivery");
  const state = parcel === null ? "sent" : deliveryState(parcel, page);
  if (!(place instanceof HTMLElement) || place.dataset.state === state) return;
  place.dataset.state = state;
  place.replaceChildren(state === "sent" ? icon("check") : "", page.t(`message.${state}`));
  place.setAttribute("aria-hidden", String(state !== "failed"));
  node.querySelector(".failure")?.remove();
  if (parcel && state === "failed") node.querySelector(".turn__body")?.append(failure(parcel, page));
}

/**
 * @param {Parcel} parcel
 * @param {Surroundings} page
 */
function deliveryState(parcel, page) {
  if (parcel.state === "failed") return "failed";
  return page.isOnline ? "sending" : "queued";
}

/**
 * @param {Parcel} parcel
 * @param {Surroundings} page
 */
function failure(parcel, page) {
  const retry = el("button", { type: "button", class: "link", "data-testid": "retry" }, page.t("message.retry"));
  const discard = el("button", { type: "button", class: "link" }, page.t("message.discard"));
  retry.addEventListener("click", () => page.retry(parcel));
  discard.addEventListener("click", () => page.discard(parcel));
  const words = isKnown(`error.${parcel.code}`) ? `error.${parcel.code}` : "error.unavailable";
  return el("p", { class: "failure" }, el("span", {}, page.t(words)), retry, discard);
}
