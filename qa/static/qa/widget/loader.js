/**
 * The widget's loader: `<script async src="https://HOST/widget/v1.js" data-widget="KEY"></script>`.
 *
 * A launcher in a shadow root, the conversation in a frame from our origin, and `window.Hangjia(method, …)`. It works
 * where the page's policy allows `script-src` and `frame-src` of our origin and nothing else: no inline style or script,
 * no request but the frame. It loads that frame when somebody reaches for the launcher, or has talked here before.
 *
 * On the tag: `data-color="#rrggbb"`, `data-side="left"`, `data-locale="zh-Hans|zh-Hant|en"`, `data-theme="light|dark"`.
 */
(() => {
  /** @typedef {(detail?: any) => void} Listener */

  const script = /** @type {HTMLScriptElement} */ (document.currentScript ?? document.querySelector("script[data-widget]"));
  const earlier = /** @type {any} */ (window).Hangjia;
  // A second tag, as single-page sites insert them, changes nothing; after `shutdown` it begins anew.
  if (!script || earlier?.widget) return;
  const { widget, color, side, locale, theme } = script.dataset;
  const { origin } = new URL(script.src);
  const memory = `hangjia.${widget}`;
  const BLOCKED_MS = 10_000; // a frame that has not answered by now was refused, by us or by the page's policy
  const MAX_RETURNS = 50; // a page that keeps removing the widget means it
  /** For open, close, unread, title. @type {Record<string, string[]>} */
  const WORDS = {
    en: ["Open chat", "Close chat", "unread", "Customer service"],
    "zh-Hans": ["打开客服对话", "关闭客服对话", "条未读", "在线客服"],
    "zh-Hant": ["開啟客服對話", "關閉客服對話", "則未讀", "線上客服"],
  };
  const FULL = "(max-width:480px),(max-height:420px)";
  const STYLE = `:host{all:initial!important}*{box-sizing:border-box}[hidden]{display:none!important}
button{position:fixed;bottom:max(20px,env(safe-area-inset-bottom));right:20px;z-index:2147483001;width:56px;height:56px;padding:0;border:0;border-radius:50%;background:var(--c);color:#fff;box-shadow:0 4px 16px #0004;cursor:pointer}
button:focus-visible{outline:3px solid var(--c);outline-offset:3px;box-shadow:0 0 0 3px #fff}
svg{display:block;width:28px;height:28px;margin:auto;fill:none;stroke:currentcolor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
[aria-expanded=false] svg+svg,[aria-expanded=true] svg:first-child{display:none}
span{position:absolute;top:-4px;right:-4px;min-width:22px;padding:0 6px;border-radius:11px;background:#b3261e;color:#fff;font:600 13px/22px system-ui,sans-serif}
div{position:fixed;bottom:88px;right:20px;z-index:2147483000;width:400px;max-width:calc(100vw - 40px);height:680px;max-height:calc(100vh - 108px);border-radius:18px;background:#f3f6f7;box-shadow:0 8px 40px #0005;overflow:hidden}
.left{right:auto;left:20px}
@supports(color:oklch(from red l 0 0)){button{color:oklch(from var(--c) calc((.67 - l)*99) 0 0)}}
iframe{display:block;width:100%;height:100%;border:0}
@media${FULL}{div{inset:0!important;width:100%;max-width:none;height:100dvh;max-height:none;border-radius:0;padding:env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left)}[aria-expanded=true]{visibility:hidden}}`;

  let isOpen = false;
  let isHidden = false;
  let hasBegun = false;
  let isReady = false;
  let unread = 0;
  let returns = 0;
  let language = locale ?? "";
  let look = theme ?? "";
  /** @type {string | null} */
  let token = null;
  /** @type {HTMLIFrameElement | undefined} */
  let frame;
  /** @type {number | undefined} */
  let deadline;
  /** @type {[string, unknown][]} */
  let pending = [];
  /** @type {Record<string, Set<Listener>>} */
  const listeners = {};
  /** What the page asked for; it goes before what the widget's owner chose. */
  const shaped = {};
  const stop = new AbortController();

  const root = document.createElement("hangjia-widget");
  const shadow = root.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  const badge = document.createElement("span");
  const panel = document.createElement("div");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  button.append(icon("M4 5h16v11H9l-5 4z"), icon("m6 6 12 12M18 6 6 18"), badge);
  button.onclick = () => methods.toggle();
  button.onpointerenter = button.onfocus = load;
  panel.setAttribute("role", "dialog");
  root.onkeydown = ({ key }) => {
    if (key === "Escape") methods.close();
  };
  shadow.append(panel, button);

  /** Node by node: a page with trusted types lets nobody write HTML. @param {string} path */
  function icon(path) {
    const [svg, line] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    svg.setAttribute("viewBox", "0 0 24 24");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }

  /** @returns {{color?: string, side?: string, talked?: boolean}} */
  function remembered() {
    try {
      return JSON.parse(localStorage.getItem(memory) ?? "{}");
    } catch {
      return {};
    }
  }

  /** @param {object | null} news */
  function remember(news) {
    try {
      if (news) localStorage.setItem(memory, JSON.stringify({ ...remembered(), ...news }));
      else localStorage.removeItem(memory);
    } catch {
      // Storage is forbidden: the launcher looks as its tag says, and the frame waits for a hand.
    }
  }

  /** @param {string} name @param {unknown} [detail] */
  function emit(name, detail) {
    // In tasks of their own: an error in one is the page's own news and stops nothing of ours.
    for (const listener of listeners[name] ?? []) setTimeout(listener, 0, detail);
  }

  /** @param {string} name @param {unknown} [detail] */
  function post(name, detail = null) {
    if (isReady) frame?.contentWindow?.postMessage({ hangjia: 1, name, detail }, origin);
    else pending.push([name, detail]);
  }

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.allow = "clipboard-write";
    frame.src = `${origin}/chat/${widget}/?${new URLSearchParams({ embedded: "", locale: language, ...(look && { theme: look }), dir: document.dir })}`;
    frame.onload = () => {
      isReady = true;
      post("init", { page: location.origin + location.pathname, isOpen });
      isReady = false;
      clearTimeout(deadline);
      deadline = setTimeout(emit, BLOCKED_MS, "error", { code: "blocked" });
    };
    draw();
    panel.append(frame);
  }

  function tongue() {
    const tag = language || navigator.language;
    return /^zh/i.test(tag) ? (/hant|tw|hk|mo/i.test(tag) ? "zh-Hant" : "zh-Hans") : "en";
  }

  function draw() {
    const words = WORDS[tongue()];
    button.hidden = isHidden;
    button.setAttribute("aria-expanded", String(isOpen));
    button.setAttribute("aria-label", words[isOpen ? 1 : 0] + (unread ? ` (${unread} ${words[2]})` : ""));
    badge.hidden = !unread || isOpen;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    panel.hidden = !isOpen;
    panel.setAttribute("aria-label", words[3]);
    if (frame) frame.title = words[3];
    const { color: c = color ?? "#0b6e99", side: s = side } = { ...remembered(), ...shaped };
    root.style.setProperty("--c", c);
    button.className = panel.className = s ?? "";
  }

  /** A phone's keyboard covers what is fixed; what it leaves is the visual viewport. */
  function fit() {
    const view = window.visualViewport;
    const isFull = view && isOpen && matchMedia(FULL).matches;
    panel.style.height = isFull ? `${view.height}px` : "";
    panel.style.transform = isFull ? `translateY(${view.offsetTop}px)` : "";
  }

  /** @param {MessageEvent} event */
  function hear({ source, origin: from, data }) {
    if (!frame || source !== frame.contentWindow || from !== origin || data?.hangjia !== 1) return;
    const { name, detail } = data;
    if (name === "close") return methods.close();
    if (name === "ready") {
      clearTimeout(deadline);
      isReady = true;
      remember({ ...detail, ...shaped });
      if (token) post("identify", { token });
      for (const [wish, of] of pending.splice(0)) post(wish, of);
      return draw();
    }
    if (name === "unread") unread = detail;
    if (name === "message:sent") remember({ talked: true });
    emit(name, detail);
    draw();
  }

  const keeper = new MutationObserver(mount);
  function mount() {
    if (root.isConnected || returns > MAX_RETURNS) return;
    returns += 1;
    document.body.append(root);
    // The body itself may be exchanged.
    keeper.observe(document.documentElement, { childList: true });
    keeper.observe(document.body, { childList: true });
  }

  /** @type {Record<string, (...args: any[]) => any>} */
  const methods = {
    open() {
      if (isOpen) return;
      load();
      isOpen = true;
      draw();
      fit();
      frame?.focus();
      post("page", location.origin + location.pathname);
      post("open");
      emit("open");
    },
    close() {
      if (!isOpen) return;
      const isWithin = document.activeElement === root;
      isOpen = false;
      draw();
      if (isWithin) button.focus();
      post("close");
      emit("close");
    },
    toggle: () => (isOpen ? methods.close() : methods.open()),
    show() {
      isHidden = false;
      draw();
    },
    hide() {
      methods.close();
      isHidden = true;
      draw();
    },
    on(/** @type {string} */ name, /** @type {Listener} */ listener) {
      (listeners[name] ??= new Set()).add(listener);
      if (name === "ready" && hasBegun) setTimeout(listener);
      return () => listeners[name].delete(listener);
    },
    identify(/** @type {any} */ who) {
      token = typeof who === "string" ? who : (who?.token ?? null);
      if (isReady) post("identify", { token });
    },
    update(/** @type {any} */ { locale: l, theme: m, token: k, ...shape }) {
      remember(Object.assign(shaped, shape));
      if (l) methods.setLocale(l);
      if (m) methods.setTheme(m);
      if (k) methods.identify(k);
      draw();
    },
    reset() {
      token = null;
      unread = 0;
      // What it forgets is in the frame's storage.
      if (frame || remembered().talked) {
        load();
        post("reset");
      }
      remember(null);
      draw();
    },
    shutdown() {
      methods.close();
      keeper.disconnect();
      stop.abort();
      root.remove();
      delete /** @type {any} */ (window).Hangjia;
    },
    setLocale(/** @type {string} */ next) {
      language = next;
      draw();
      if (frame) post("locale", tongue());
    },
    setTheme(/** @type {string} */ next) {
      look = next;
      if (frame) post("theme", next);
    },
  };

  /** @type {any} */
  const api = (/** @type {string} */ method, /** @type {any[]} */ ...rest) => {
    if (Object.hasOwn(methods, method)) return methods[method](...rest);
    console.warn(`Hangjia: no method "${method}" in ${Object.keys(methods)}`);
  };
  api.widget = widget;

  function begin() {
    draw();
    mount();
    addEventListener("message", hear, stop);
    visualViewport?.addEventListener("resize", fit, stop);
    visualViewport?.addEventListener("scroll", fit, stop);
    for (const call of earlier?.q ?? []) api(...call);
    hasBegun = true;
    emit("ready");
    if (remembered().talked) (window.requestIdleCallback ?? setTimeout)(load);
  }

  /** @type {any} */ (window).Hangjia = api;
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin, stop);
})();
