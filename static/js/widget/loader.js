// static/js/widget/loader.js – served as /widget.js; runs in the shop's page. A launcher in a shadow root and, once
// somebody chats, an iframe of the desk's own origin. The page and the chat see nothing of each other but messages.
(() => {
  const script = document.currentScript;
  if (!script || window.Helpdesk) return;
  const desk = new URL(script.src).origin;
  const options = { inbox: "web", position: "right", theme: "auto", ...script.dataset };
  const locale = options.locale || document.documentElement.lang || navigator.language;
  const [openWord, closeWord, title, unreadWord] = /^zh/i.test(locale)
    ? ["打开在线客服", "关闭在线客服", "在线客服", "条未读消息"]
    : ["Open chat", "Close chat", "Chat with us", "unread messages"];
  const phone = matchMedia("(max-width: 480px)");
  const key = `helpdesk.${options.inbox}`;
  let frame, loaded, page, ready, opened = false, focus = false;

  // A constructed sheet, no inline style: the shop's CSP may forbid that.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; --color: #4d4bd8; --on-color: #fff; }
    button, .panel { position: fixed; z-index: 2147483000; inset: auto var(--right, 20px) 20px var(--left, auto); }
    :host([data-position="left"]) { --right: auto; --left: 20px; }
    button { width: 56px; height: 56px; padding: 0; border: 0; border-radius: 50%; background: var(--color); color: var(--on-color);
      box-shadow: 0 2px 6px rgb(20 22 34 / 18%), 0 8px 24px rgb(20 22 34 / 22%); cursor: pointer; transition: transform .12s; }
    button:hover { transform: scale(1.05); }
    button:focus-visible { outline: 3px solid var(--color); outline-offset: 3px; }
    svg { position: absolute; inset: 0; width: 28px; margin: auto; fill: none; stroke: currentColor; stroke-width: 1.8;
      stroke-linecap: round; stroke-linejoin: round; }
    .badge { position: absolute; top: -3px; right: -3px; min-width: 20px; padding: 0 5px; border-radius: 10px; box-sizing: border-box;
      background: #c42b28; color: #fff; font: 600 12px/20px system-ui, sans-serif; }
    .badge:empty, [hidden] { display: none; }
    .panel { bottom: 88px; width: min(380px, 100vw - 40px); height: min(600px, 100dvh - 108px); overflow: hidden; border-radius: 16px;
      background: Canvas; box-shadow: 0 1px 3px rgb(20 22 34 / 16%), 0 12px 40px rgb(20 22 34 / 24%); animation: rise .14s ease-out; }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    @keyframes rise { from { opacity: 0; transform: translateY(10px); } }
    @media (max-width: 480px) {
      .panel.panel { inset: auto 0 var(--keyboard, 0); width: 100%; height: var(--sheet, 92dvh); border-radius: 16px 16px 0 0; }
      :host([data-open]) button { display: none; }
    }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
    @media print { :host { display: none; } }`);

  const host = document.createElement("helpdesk-widget");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  const panel = element(root, "div", { class: "panel", hidden: "" });
  const button = element(root, "button", { type: "button" });
  const icon = element(element(button, "svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }), "path");
  const badge = element(button, "span", { class: "badge", "aria-hidden": "true" });
  host.dataset.position = options.position;
  paint(options.color);
  button.onclick = ({ detail }) => (opened ? close() : open(detail ? "pointer" : "keyboard"));
  addEventListener("message", receive);
  visualViewport?.addEventListener("resize", fit);
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);

  function start() {
    document.body.append(host);
    show(recall(sessionStorage) && !phone.matches); // stays open over a navigation
    if (opened || recall(localStorage)) load(); // somebody chats: connect in the background for the unread badge
  }

  function open(by = "keyboard") {
    focus = by;
    show(true);
    load();
    send("open", { focus });
  }

  function close() {
    show(false);
    send("close");
    button.focus();
  }

  function show(visible) {
    opened = visible;
    panel.hidden = !opened;
    host.toggleAttribute("data-open", opened);
    button.setAttribute("aria-expanded", opened);
    icon.setAttribute("d", opened ? "m6 9 6 6 6-6" : "M21 11.5a8 8 0 0 1-8 8H4.5l1.7-3A8 8 0 1 1 21 11.5ZM9 10h8M9 13.5h5");
    remember(sessionStorage, opened);
    unread(0);
    fit();
  }

  function load() {
    if (frame && (ready || !loaded)) return;
    frame?.remove(); // it is there and says nothing: something of it did not arrive
    loaded = false;
    const query = { inbox: options.inbox, locale, theme: options.theme, parent: location.origin };
    frame = element(panel, "iframe", { title, src: `${desk}/widget/?${new URLSearchParams(query)}` });
    frame.onload = () => { loaded = true; };
  }

  function receive({ origin, source, data }) {
    if (origin !== desk || !frame || source !== frame.contentWindow || data?.helpdesk !== 1) return;
    if (data.type === "ready") begin();
    if (data.type === "close") close();
    if (data.type === "unread") unread(+data.count);
    if (data.type === "session") remember(localStorage, data.active);
    if (data.type === "color" && !options.color) paint(data.color);
  }

  function begin() {
    ready = true;
    const { color, name, identity } = options;
    send("init", { page: page || pageOf(), color, name, identity, open: opened, focus });
  }

  function send(type, body) {
    if (ready) frame.contentWindow.postMessage({ helpdesk: 1, type, modal: phone.matches, ...body }, desk);
  }

  function unread(count) {
    badge.textContent = count > 99 ? "99+" : count || "";
    const label = opened ? closeWord : openWord;
    button.setAttribute("aria-label", count ? `${label}, ${count} ${unreadWord}` : label);
  }

  function element(parent, name, attributes = {}) {
    const space = ["svg", "path"].includes(name) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
    const node = parent.appendChild(document.createElementNS(space, name));
    for (const attribute of Object.entries(attributes)) node.setAttribute(...attribute);
    return node;
  }

  /** The shop's colour, with black or white upon it, whichever reads better. */
  function paint(color) {
    if (!/^#[0-9a-f]{6}$/i.test(color)) return;
    const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
    host.style.setProperty("--color", color);
    host.style.setProperty("--on-color", 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#14161f" : "#fff");
  }

  /** On a phone the sheet stays above the on-screen keyboard. */
  function fit() {
    const view = window.visualViewport;
    const hidden = view ? innerHeight - view.height - view.offsetTop : 0;
    host.style.setProperty("--sheet", hidden > 120 ? `${view.height}px` : "92dvh");
    host.style.setProperty("--keyboard", hidden > 120 ? `${hidden}px` : "0px");
  }

  function pageOf() {
    const meta = (name) => document.querySelector(`meta[name="helpdesk:${name}"]`)?.content ?? "";
    return { source: location.href.split("#")[0].slice(0, 500), page_title: document.title.slice(0, 200), product_category: meta("product-category"), product: meta("product") };
  }

  function recall(storage) {
    try { return storage[key] === "1"; } catch { return false; }
  }

  function remember(storage, value) {
    try { storage[key] = value ? "1" : ""; } catch { /* storage is forbidden */ }
  }

  window.Helpdesk = {
    open: () => open(),
    close: () => opened && close(),
    /** Tell the desk about a page change in a single-page shop; without arguments it looks again. */
    setPage: (next) => send("page", { page: (page = { ...pageOf(), ...next }) }),
    /** Hand over a signed identity of the shop's signed-in customer. */
    identify: (identity) => send("identify", { identity: (options.identity = identity) }),
  };
})();
