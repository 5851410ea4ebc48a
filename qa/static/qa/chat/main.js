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
import { showBrand, showPopular } from "./first-screen.js";
import { LogView } from "./log-view.js";
import { applyLanguage, openStore, readLanguage } from "./preferences.js";
import { ServerEvents } from "./server-events.js";
import { Status } from "./status.js";
import { translator } from "./strings.js";
import { copyText, fillWords, wireLanguage, wireRestart, wireTheme } from "./tools.js";
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
  url: new URL(root.dataset.socketPath ?? "/ws/chat/", location.href.replace(/^http/, "ws")).href,
  widget: widget || null,
  local,
  session,
  lastSeq: () => conversation.lastComplete,
});

const server = new ServerEvents({ connection, conversation, votes, status, t: (key) => t(key), show, follow: () => log.follow() });

/** @type {Language} */
let language = readLanguage(local);
let t = translator(language);

/** @type {import("./surroundings.js").Surroundings} */
const page = {
  get t() {
    return t;
  },
  get locale() {
    return language === "zh" ? "zh-CN" : "en";
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
    connection.delivery.send({ type: "feedback", turn: turn.seq, ...vote });
    status.announce(t("feedback.thanks"));
    show();
    log.follow();
  },
  copy: async (node) => status.toast(t((await copyText(node)) ? "answer.copied" : "answer.copyFailed")),
  retry: (parcel) => connection.delivery.retry(parcel),
  discard(parcel) {
    connection.delivery.outbox.remove(parcel.frame.id);
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
  onTyping: () => conversation.isWithHuman && connection.typing(),
  onUp: focusOption,
});

/** @param {string} text */
function say(text) {
  const parcel = connection.delivery.send({ type: "message", text });
  conversation.addPending(parcel);
  show();
}

/** @param {string} question of the first screen */
function ask(question) {
  say(question);
  composer.focus();
}

/**
 * @param {Turn} turn
 * @param {string | number} option
 */
function choose(turn, option) {
  if (conversation.openClarify?.seq !== turn.seq) return;
  conversation.choose(turn.seq, option);
  connection.delivery.send({ type: "choose", turn: turn.seq, option });
  show();
  composer.focus();
}

/** Show everything as it is now. */
function show(isLive = true) {
  const { items } = conversation;
  const isResuming = connection.resumes && conversation.id === null && connection.state === "connecting";
  need("#first", HTMLElement).hidden = items.length > 0 || isResuming;
  need("#resuming", HTMLElement).hidden = items.length > 0 || !isResuming;
  log.show(items, isLive);
  const isAgent = server.isAgentTyping;
  status.typing(isAgent || isAwaiting(conversation, connection), isAgent ? "typing.agent" : "typing.bot");
}

/** Put the language on everything that has words. @param {Language} next */
function speak(next) {
  language = next;
  t = translator(language);
  status.t = t;
  composer.t = t;
  applyLanguage(language);
  fillWords(document, t);
  showBrand(root, language);
  showPopular(root, language, ask);
  status.refresh();
  composer.refresh();
  log.rebuild(conversation.items);
  show(false);
}

function restart() {
  conversation.reset();
  votes.enter("");
  server.reset();
  connection.restart();
  composer.clear();
  status.toast(t("restart.done"));
  show();
  composer.focus();
}

for (const parcel of connection.delivery.outbox.parcels) {
  if (parcel.frame.type === "message") conversation.addPending(parcel);
  if (parcel.frame.type === "choose") conversation.choose(parcel.frame.turn, parcel.frame.option);
}
status.onGrowth = () => log.follow();
wireTheme(local);
wireLanguage(local, () => language, speak);
wireRestart(() => conversation.items.length === 0, restart);
need("#human", HTMLButtonElement).addEventListener("click", () => {
  connection.delivery.send({ type: "human" });
  status.toast(t("human.asked"));
  show();
});
need("#reconnect", HTMLButtonElement).addEventListener("click", () => connection.reconnect());
wireDigits(() => conversation.openClarify, choose);
speak(language);
connection.start();
root.hidden = false;
composer.focus();
