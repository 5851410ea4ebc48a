/**
 * The customer's chat page: puts connection, conversation and views together.
 *
 * All that the page gets from the server before the socket opens is in `data-*` of `#chat`.
 */

import { isAwaiting } from "./awaiting.js";
import { focusOption, wireDigits } from "./clarify-keys.js";
import { wireComposer } from "./composer.js";
import { connect } from "./connection.js";
import { makeConversation } from "./conversation.js";
import { html, need } from "./dom.js";
import { wireEmbedding } from "./embedding.js";
import { showFirstScreen } from "./first-screen.js";
import { showLog } from "./log-view.js";
import { openStore } from "./preferences.js";
import { hearServer } from "./server-events.js";
import { wireService } from "./service.js";
import { showStatus } from "./status.js";
import { speak, t } from "./strings.js";
import { wireSuggesting } from "./suggesting.js";
import { closeMenu, copyText, fillWords, wireConfirmed, wireLanguage, wireTheme } from "./tools.js";
import { countUnread } from "./unread.js";
import { rememberVotes } from "./votes.js";

/** @typedef {import("./conversation.js").Turn} Turn */
/** @typedef {import("./strings.js").Language} Language */

const root = need("#chat", HTMLElement);
const first = need("#first", HTMLElement);
const local = openStore("localStorage");
const session = openStore("sessionStorage");
const widget = root.dataset.widget ?? "";
const conversation = makeConversation();
const votes = rememberVotes(local, widget);
const status = showStatus(follow);
const connection = connect({
  url: new URL(root.dataset.socketPath ?? "", location.href.replace(/^http/, "ws")).href,
  pollUrl: root.dataset.pollPath ?? "",
  widget: widget || null,
  local,
  session,
  lastSeq: () => conversation.lastComplete,
  emit: (type, detail) => server.heard[type](detail),
});
const delivery = connection.delivery;
const host = wireEmbedding({
  root,
  connection,
  opened(isOpen) {
    unread.isOpen = isOpen;
    show(false);
    if (isOpen && !root.hidden) begin();
  },
  restart,
  change,
});
const unread = countUnread(local, widget, (count) => host.tell("unread", count));
unread.isOpen = !host.isEmbedded;
const service = wireService({ delivery, status, tell: host.tell, askPerson });
const suggesting = wireSuggesting({
  // The first status may come later than the first words.
  ask: (id, text) => (service.last?.state ?? "bot") === "bot" && connection.whisper({ type: "suggest", id, text }),
  choose(text) {
    composer.clear();
    ask(text);
  },
});
const server = hearServer({
  connection,
  conversation,
  votes,
  status,
  service,
  suggest: suggesting.show,
  tell: host.tell,
  show,
  follow,
});
const log = showLog({
  get isOnline() {
    return connection.state === "online";
  },
  choiceOf: conversation.choiceOf,
  isOpen: (turn) => conversation.openClarify?.seq === turn.seq,
  voteOf: votes.get,
  choose,
  vote(turn, vote) {
    votes.set(turn.seq, vote);
    delivery.send({ type: "feedback", turn: turn.seq, ...vote });
    status.announce(t("feedback.thanks"));
    show();
    follow();
  },
  copy: async (node) => status.toast(t((await copyText(node)) ? "answer.copied" : "answer.copyFailed")),
  retry: delivery.retry,
  discard({ frame: { id } }) {
    delivery.outbox.remove(id);
    conversation.discard(id);
    show();
    composer.focus();
  },
});
const composer = wireComposer({
  store: session,
  key: `hangjia.draft:${widget}`,
  onSend: say,
  onTyping: () => service.isWithPerson && connection.whisper({ type: "typing" }),
  onUp: focusOption,
});

function follow() {
  log.follow();
}

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
function choose({ seq }, option) {
  if (conversation.openClarify?.seq !== seq) return;
  conversation.choose(seq, option);
  delivery.send({ type: "choose", turn: seq, option });
  show();
  composer.focus();
}

/** Show everything as it is now. */
function show(isLive = true) {
  const { items } = conversation;
  const isEmpty = items.length === 0;
  const isResuming = connection.resumes && conversation.id === null && connection.state === "connecting";
  first.hidden = !isEmpty || isResuming;
  first.classList.toggle("first--asking", service.asksContact);
  need("#composer", HTMLElement).hidden = service.asksContact && isEmpty;
  need("#resuming", HTMLElement).hidden = !isEmpty || !isResuming;
  log.show(items, isLive);
  unread.count(items);
  const isAgent = server.isAgentTyping;
  const isTyping = isAgent || isAwaiting(conversation, connection, service.last);
  status.typing(isTyping, isAgent ? "typing.agent" : "typing.bot");
}

/** Put the language on everything that has words. @param {Language} language */
async function change(language) {
  await speak(language);
  fillWords();
  showFirstScreen(root.dataset, ask);
  for (const part of [status, composer, service]) part.refresh();
  log.rebuild(conversation.items);
  show(false);
}

function begin() {
  connection.begin();
  composer.focus();
}

function restart() {
  conversation.reset();
  votes.enter("");
  server.reset();
  service.forget();
  connection.restart();
  composer.clear();
  show();
}

for (const parcel of delivery.outbox.parcels) {
  const { frame } = parcel;
  if (frame.type === "message") conversation.addPending(parcel);
  if (frame.type === "choose") conversation.choose(frame.turn, frame.option);
}
wireTheme(local);
wireLanguage(local, change);
wireConfirmed(
  "restart",
  () => conversation.items.length === 0,
  () => {
    restart();
    status.toast(t("restart.done"));
    composer.focus();
  },
);
wireConfirmed(
  "end",
  () => false,
  () => {
    delivery.send({ type: "end" });
    log.toBottom(); // where the rating comes up
  },
);
need("#transcript", HTMLElement).onclick = (event) => {
  need("#token", HTMLInputElement).value = connection.token ?? "";
  closeMenu();
  if (connection.state === "online") return;
  event.preventDefault(); // what came back would take the chat's place
  status.toast(t("transcript.offline"));
};
need("#human", HTMLElement).onclick = askPerson;
need("#reconnect", HTMLElement).onclick = connection.reconnect;
wireDigits(() => conversation.openClarify, choose);
await change(/** @type {Language} */ (html.lang));
root.hidden = false;
// A widget may have been opened while the words were on their way; nothing is asked before: what came back had none.
if (unread.isOpen) begin();
else if (connection.resumes) connection.begin();
