/**
 * What people do for the customer: who has the conversation, the place in the queue, and the forms around it.
 */

import { need } from "./dom.js";

/** @typedef {import("./connection.js").StatusFrame} StatusFrame */
/** @typedef {import("./delivery.js").Draft} Draft */
/** @typedef {import("./outbox.js").OutFrame} OutFrame */
/** @typedef {import("./strings.js").Translate} Translate */

export class Service {
  /** @type {StatusFrame | null} */
  last = null;
  /** @type {Translate} */
  t = (key) => key;
  #parts;
  #line = need("#service", HTMLElement);
  #act = need("#service-act", HTMLButtonElement);
  #contact = need("#contact", HTMLFormElement);
  #rating = need("#rating", HTMLFormElement);
  #dialog = need("#leave-dialog", HTMLDialogElement);
  #leave = need("#leave", HTMLFormElement);
  #isIntroduced = false;
  #isRated = false;

  /**
   * @param {object} parts
   * @param {(draft: Draft) => void} parts.send
   * @param {(words: string) => void} parts.say - to be read aloud
   * @param {(words: string) => void} parts.toast
   * @param {(name: string, detail: unknown) => void} parts.tell - the page around a widget
   * @param {() => void} parts.askPerson
   */
  constructor(parts) {
    this.#parts = parts;
    this.#act.addEventListener("click", () => (this.#isAway ? this.openLeave() : parts.askPerson()));
    this.#submits(this.#contact, (given) => parts.send({ type: "contact", ...this.#who(given) }));
    this.#submits(this.#leave, (given) => {
      parts.send({ type: "leave", ...this.#who(given), text: given.text });
      this.#dialog.close();
    });
    this.#submits(this.#rating, ({ score, comment }) => {
      parts.send({ type: "rate", score: Number(score), comment: comment || null });
      this.#rating.hidden = true;
    });
    need("#leave-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    need("#rating-skip", HTMLButtonElement).addEventListener("click", () => {
      this.#isRated = true;
      this.refresh();
    });
  }

  /** Whether the customer is to say who they are before anything else. */
  get asksContact() {
    return Boolean(this.last?.asks_contact) && !this.#isIntroduced;
  }

  /** Whether somebody of the staff reads along, or will. */
  get isWithPerson() {
    return /waiting|assigned/.test(this.last?.state ?? "");
  }

  /** @param {StatusFrame} frame */
  status(frame) {
    const before = this.last;
    this.last = frame;
    if (!frame.asks_rating) this.#isRated = false;
    this.refresh();
    const words = this.#words();
    if (words && before?.state !== frame.state) this.#parts.say(words);
    if (JSON.stringify(before) === JSON.stringify(frame)) return;
    const { state, position, agent, is_open: isOpen } = frame;
    const told = { state, position, agent, isOpen };
    this.#parts.tell("status", told);
    if (!before || before.state === state) return;
    if (this.isWithPerson) this.#parts.tell("handoff", told);
    // The server knows who is there: what this page heard of it may be old.
    else if (this.#isAway && frame.asks_contact) this.openLeave();
  }

  /** Show the same again, in the page's language of now. */
  refresh() {
    const { last } = this;
    this.#contact.hidden = !this.asksContact;
    this.#rating.hidden = !last?.asks_rating || this.#isRated;
    const words = this.#words();
    this.#line.hidden = !words;
    this.#line.dataset.state = last?.state ?? "";
    need("#service-words", HTMLElement).textContent = words;
    const isAsked = last?.state === "ticket" ? last.asks_contact : this.#isAway || last?.state === "bot";
    this.#act.hidden = !words || !isAsked || !/bot|waiting|ticket/.test(last?.state ?? "");
    this.#act.textContent = this.t(this.#isAway ? "leave.title" : "human.button");
  }

  openLeave() {
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {OutFrame} frame that the server has committed */
  acked({ type, ...frame }) {
    if (type === "contact") this.#isIntroduced = true;
    if (type === "leave") this.#leave.reset();
    if (type === "rate") this.#parts.tell("csat", { score: /** @type {any} */ (frame).score });
    if (type === "rate" || type === "contact") this.#parts.toast(this.t(`${type}.done`));
    this.refresh();
  }

  /** Open the form again whose contents were refused. @param {OutFrame} frame */
  refused({ type }) {
    if (type === "leave") this.openLeave();
    this.refresh();
  }

  forget() {
    this.last = null;
    this.#isIntroduced = false;
    for (const form of [this.#contact, this.#leave, this.#rating]) form.reset();
    this.refresh();
  }

  get #isAway() {
    return this.last?.is_open === false || this.last?.state === "ticket";
  }

  #words() {
    const { last, t } = this;
    if (!last) return "";
    const { state, position, wait_s: wait, agent } = last;
    if (state === "waiting" && !this.#isAway) {
      const place = position ? t("service.position", { position }) : t("service.waiting");
      return wait ? `${place} ${t("service.wait", { minutes: Math.max(1, Math.round(wait / 60)) })}` : place;
    }
    if (state === "assigned") return t("service.assigned", { agent: agent || t("role.agent") });
    const isLeft = state === "ticket" && !last.asks_contact;
    if (isLeft || state === "resolved" || state === "closed") return t(`service.${state}`);
    if (this.#isAway && (last.offers_person || state !== "bot")) return this.#away(last.opens_at);
    return last.offers_person ? t("service.offer") : "";
  }

  /** @param {string | null} opensAt */
  #away(opensAt) {
    if (!opensAt) return this.t("service.away");
    const { lang } = document.documentElement;
    const time = new Date(opensAt).toLocaleString(lang, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
    return this.t("service.awayUntil", { time });
  }

  /** @param {Record<string, string>} given */
  #who({ name, email, phone }) {
    return { name, email, phone };
  }

  /**
   * @param {HTMLFormElement} form
   * @param {(given: Record<string, string>) => void} then
   */
  #submits(form, then) {
    const reach = [...form.querySelectorAll("[name=email], [name=phone]")];
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
      // One way back to the customer is enough, and which one is theirs to say.
      const isUnreachable = reach.length > 0 && !given.email.trim() && !given.phone.trim();
      const first = /** @type {HTMLInputElement | undefined} */ (reach[0]);
      first?.setCustomValidity(isUnreachable ? this.t("contact.reach") : "");
      if (form.reportValidity()) then(given);
      first?.setCustomValidity("");
    });
  }
}
