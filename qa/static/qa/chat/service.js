/**
 * What people do for the customer: who has the conversation, the place in the queue, and the forms around it.
 */

import { html, need } from "./dom.js";
import { t } from "./strings.js";

/** @typedef {import("./connection.js").StatusFrame} StatusFrame */
/** @typedef {import("./delivery.js").Delivery} Delivery */
/** @typedef {import("./outbox.js").OutFrame} OutFrame */
/** @typedef {import("./status.js").Status} Status */
/** @typedef {ReturnType<typeof wireService>} Service */

/**
 * @param {object} parts
 * @param {Delivery} parts.delivery
 * @param {Status} parts.status
 * @param {(name: string, detail: unknown) => void} parts.tell - the page around a widget
 * @param {() => void} parts.askPerson
 */
export function wireService({ delivery, status, tell, askPerson }) {
  const line = need("#service", HTMLElement);
  const act = need("#service-act", HTMLButtonElement);
  const contact = need("#contact", HTMLFormElement);
  const rating = need("#rating", HTMLFormElement);
  const leave = need("#leave", HTMLFormElement);
  const dialog = need("#leave-dialog", HTMLDialogElement);
  /** @type {StatusFrame | null} */
  let last = null;
  let isIntroduced = false;
  let isRated = false;

  act.onclick = () => (isAway() ? openLeave() : askPerson());
  wireForm(contact, ({ name, email, phone }) => delivery.send({ type: "contact", name, email, phone }));
  wireForm(leave, ({ name, email, phone, text }) => {
    delivery.send({ type: "leave", name, email, phone, text });
    dialog.close();
  });
  wireForm(rating, ({ score, comment }) => {
    delivery.send({ type: "rate", score: Number(score), comment: comment || null });
    rating.hidden = true;
  });
  need("#leave-cancel", HTMLButtonElement).onclick = () => dialog.close();
  need("#rating-skip", HTMLButtonElement).onclick = () => {
    isRated = true;
    refresh();
  };

  function asksContact() {
    return Boolean(last?.asks_contact) && !isIntroduced;
  }

  function isWithPerson() {
    return /waiting|assigned/.test(last?.state ?? "");
  }

  function isAway() {
    return last?.is_open === false || last?.state === "ticket";
  }

  function openLeave() {
    if (!dialog.open) dialog.showModal();
  }

  /** Show the same again, in the page's language of now. */
  function refresh() {
    const state = last?.state ?? "";
    const words = last ? wordsOf(last, isAway()) : "";
    const isOffered = state === "ticket" ? last?.asks_contact : state === "bot" || (state === "waiting" && isAway());
    contact.hidden = !asksContact();
    rating.hidden = !last?.asks_rating || isRated;
    line.hidden = !words;
    line.dataset.state = state;
    need("#service-words", HTMLElement).textContent = words;
    act.hidden = !words || !isOffered;
    act.textContent = t(isAway() ? "leave.title" : "human.button");
    return words;
  }

  return {
    refresh,

    get last() {
      return last;
    },

    /** Whether the customer is to say who they are before anything else. */
    get asksContact() {
      return asksContact();
    },

    /** Whether somebody of the staff reads along, or will. */
    get isWithPerson() {
      return isWithPerson();
    },

    /** @param {StatusFrame} frame */
    status(frame) {
      const before = last;
      last = frame;
      if (!frame.asks_rating) isRated = false;
      const words = refresh();
      const { state, position, agent, is_open: isOpen } = frame;
      if (words && before?.state !== state) status.announce(words);
      if (JSON.stringify(before) === JSON.stringify(frame)) return;
      const told = { state, position, agent, isOpen };
      tell("status", told);
      if (!before || before.state === state) return;
      // Somebody is there after all; what is being written to nobody is the customer's to finish.
      if (state === "assigned" && !leave.text.value.trim()) dialog.close();
      if (isWithPerson()) tell("handoff", told);
      // The server knows who is there: what this page heard of it may be old.
      else if (isAway() && frame.asks_contact) openLeave();
    },

    /** @param {OutFrame} frame that the server has committed */
    acked(frame) {
      const { type } = frame;
      if (type === "contact") isIntroduced = true;
      if (type === "rate") isRated = true; // the status that says so follows
      if (type === "leave") leave.reset();
      if (type === "rate") tell("csat", { score: frame.score });
      if (type === "rate" || type === "contact") status.toast(t(`${type}.done`));
      refresh();
    },

    /** Open the form again whose contents were refused. @param {OutFrame} frame */
    refused({ type }) {
      if (type === "leave") openLeave();
      refresh();
    },

    forget() {
      last = null;
      isIntroduced = false;
      for (const form of [contact, leave, rating]) form.reset();
      refresh();
    },
  };
}

/**
 * @param {StatusFrame} status
 * @param {boolean} isAway
 */
function wordsOf({ state, position, wait_s: wait, agent, opens_at: opensAt, ...asked }, isAway) {
  if (state === "assigned") return t("service.assigned", { agent: agent || t("role.agent") });
  if (state === "waiting" && !isAway) {
    const place = position ? t("service.position", { position }) : t("service.waiting");
    return wait ? place + t("service.wait", { minutes: Math.max(1, Math.round(wait / 60)) }) : place;
  }
  const isOver = state === "resolved" || state === "closed";
  if (isOver || (state === "ticket" && !asked.asks_contact)) return t(`service.${state}`);
  if (state === "bot" && !asked.offers_person) return "";
  if (!isAway) return t("service.offer");
  if (!opensAt) return t("service.away");
  const time = new Date(opensAt).toLocaleString(html.lang, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  return t("service.awayUntil", { time });
}

/**
 * @param {HTMLFormElement} form
 * @param {(given: Record<string, string>) => void} then
 */
function wireForm(form, then) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const [email, phone] = form.querySelectorAll("[name=email], [name=phone]");
  form.onsubmit = (event) => {
    event.preventDefault();
    // One way back to the customer is enough, and which one is theirs to say.
    const isUnreachable = email && !email.value.trim() && !phone.value.trim();
    email?.setCustomValidity(isUnreachable ? t("contact.reach") : "");
    if (form.reportValidity()) then(/** @type {any} */ (Object.fromEntries(new FormData(form))));
    email?.setCustomValidity("");
  };
}
