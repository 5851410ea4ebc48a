/**
 * The customer's chat page: puts connection, conversation and views together.
 *
 * All that the page gets from the server before the socket opens is in `data-*` of `#chat`.
 */

import { isAwaiting } from "./awaiting.js";
import { focusOption, wireDigits } from "./clarify-keys.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { need } from "./dom.js";
import { wireEmbedding } from "./embedding.js";
import { showBrand, showPopular } from "./first-screen.js";
import { LogView } from "./log-view.js";
import { applyLanguage, openStore, readLanguage } from "./preferences.js";
import { ServerEvents } from "./server-events.js";
import { Service } from "./service.js";
import { Status } from "./status.js";
import { loadWords, translator } from "./strings.js";
import { Suggesting } from "./suggesting.js";
import { closeMenu, copyText, fillWords, wireConfirmed, wireLanguage, wireTheme } from "./tools.js";
import { Unread } from "./unread.js";
import { Votes } from "./votes.js";

/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./strings.js").Language} Language */

const root = need("#chat", HTMLElement);
const local = openStore("localStorage");
const session = openStore("sessionStorage");
const widget = root.dataset.widget ?? "";
const conversation = new Conversation();
const votes = new Votes(local, widget);
const status = new Status();
const connection = new Connection({
  url: new URL(root.dataset.socketPath ?? "", location.href.replace(/^http/, "ws")).href,
  pollUrl: root.dataset.pollPath ?? "",
  widget: widget || null,
  local,
  session,
  lastSeq: () => conversation.lastComplete,
});
const delivery = connection.delivery;
/** @type {Language} */
let language = readLanguage();
let t = translator(language);

const host = wireEmbedding({
  root,
  connection,
  opened(isOpen) {
    unread.isOpen = isOpen;
    show(false);
    if (isOpen) composer.focus();
  },
  restart: () => restart(false),
  speak: (next) => void speak(next),
});
/** @param {string} name @param {unknown} [detail] */
const tell = (name, detail) => host.tell(name, detail);
const unread = new Unread(local, widget, (count) => tell("unread", count));
unread.isOpen = !host.isEmbedded;
const service = new Service({
  send: (draft) => void delivery.send(draft),
  say: (words) => status.announce(words),
  toast: (words) => status.toast(words),
  tell,
  askPerson,
});
const server = new ServerEvents({
  connection,
  conversation,
  votes,
  status,
  service,
  tell,
  t: (key) => t(key),
  show,
  follow: () => log.follow(),
});

/** @type {import("./surroundings.js").Surroundings} */
const page = {
  get t() {
    return t;
  },
  get locale() {
    return language;
  },
  get isOnline() {
    return connection.state === "online";
  },
  choiceOf: (turn) => conversation.choiceOf(turn),
  isOpen: (turn) => conversation.openClarify?.seq === turn.seq,
  voteOf: (seq) => votes.get(seq),
  choose,
  vote(turn, vote) {
    votes.set(turn.seq, vote);
    delivery.send({ type: "feedback", turn: turn.seq, ...vote });
    status.announce(t("feedback.thanks"));
    show();
    log.follow();
  },
  copy: async (node) => status.toast(t((await copyText(node)) ? "answer.copied" : "answer.copyFailed")),
  retry: (parcel) => delivery.retry(parcel),
  discard(parcel) {
    delivery.outbox.remove(parcel.frame.id);
    conversation.discard(parcel.frame.id);
    show();
    composer.focus();
  },
};
const log = new LogView({
  scroller: need("#scroller", HTMLElement),
  log: need("#log", HTMLElement),
  pill: need("#pill", HTMLButtonElement),
  page,
});
const composer = new Composer({
  form: need("#composer", HTMLFormElement),
  store: session,
  key: `hangjia.draft:${widget}`,
  onSend: say,
  onTyping: () => service.isWithPerson && connection.whisper({ type: "typing" }),
  onUp: focusOption,
});
const suggesting = new Suggesting({
  text: need("#text", HTMLTextAreaElement),
  list: need("#suggestions", HTMLElement),
  ask: (id, text) => service.last?.state === "bot" && connection.whisper({ type: "suggest", id, text }),
  choose(text) {
    composer.clear();
    ask(text);
  },
});
connection.addEventListener("suggestions", (event) => {
  const { id, items } = /** @type {CustomEvent} */ (event).detail;
  suggesting.show(id, items);
});

/** @param {string} text */
function say(text) {
  connection.begin();
  conversation.addPending(delivery.send({ type: "message", text }));
  show();
}

/** @param {string} question that was offered */
function ask(question) {
  say(question);
  composer.focus();
}

function askPerson() {
  connection.begin();
  delivery.send({ type: "human" });
  status.toast(t("human.asked"));
  show();
}

/**
 * @param {Turn} turn
 * @param {string | number} option
 */
function choose(turn, option) {
  if (conversation.openClarify?.seq !== turn.seq) return;
  conversation.choose(turn.seq, option);
  delivery.send({ type: "choose", turn: turn.seq, option });
  show();
  composer.focus();
}

/** Show everything as it is now. */
function show(isLive = true) {
  const { items } = conversation;
  const isResuming = connection.resumes && conversation.id === null && connection.state === "connecting";
  const isEmpty = items.length === 0;
  need("#first", HTMLElement).hidden = !isEmpty || isResuming;
  need("#first", HTMLElement).classList.toggle("first--asking", service.asksContact);
  need("#composer", HTMLFormElement).hidden = service.asksContact && isEmpty;
  need("#resuming", HTMLElement).hidden = !isEmpty || !isResuming;
  log.show(items, isLive);
  unread.count(items);
  const isAgent = server.isAgentTyping;
  const isTyping = isAgent || isAwaiting(conversation, connection, service.last);
  status.typing(isTyping, isAgent ? "typing.agent" : "typing.bot");
}

/** Put the language on everything that has words. @param {Language} next */
async function speak(next) {
  await loadWords(next);
  language = next;
  t = translator(language);
  for (const part of [status, composer, service]) part.t = t;
  applyLanguage(language);
  fillWords(document, t);
  showBrand(root, language);
  showPopular(root, language, ask);
  status.refresh();
  composer.refresh();
  service.refresh();
  log.rebuild(conversation.items);
  show(false);
}

function restart(isSaid = true) {
  conversation.reset();
  votes.enter("");
  server.reset();
  service.forget();
  connection.restart();
  composer.clear();
  if (isSaid) status.toast(t("restart.done"));
  show();
  if (isSaid) composer.focus();
}

for (const parcel of delivery.outbox.parcels) {
  const { frame } = parcel;
  if (frame.type === "message") conversation.addPending(parcel);
  if (frame.type === "choose") conversation.choose(frame.turn, frame.option);
}
status.onGrowth = () => log.follow();
wireTheme(local);
wireLanguage(local, () => language, speak);
wireConfirmed("restart", () => conversation.items.length === 0, restart);
wireConfirmed("end", () => false, () => void delivery.send({ type: "end" }));
need("#transcript", HTMLButtonElement).addEventListener("click", () => {
  need("#token", HTMLInputElement).value = connection.token ?? "";
  closeMenu();
});
need("#human", HTMLButtonElement).addEventListener("click", askPerson);
need("#reconnect", HTMLButtonElement).addEventListener("click", () => connection.reconnect());
wireDigits(() => conversation.openClarify, choose);
await speak(language);
root.hidden = false;
if (!host.isEmbedded || connection.resumes) connection.begin();
if (unread.isOpen) composer.focus(); // a widget may have been opened while the words were on their way
