// static/js/widget/main.js – puts the widget's page together.
import { followBrowser } from "../chat/socket.js";
import { VisitorApi } from "./api.js";
import { openBridge } from "./bridge.js";
import { Composer } from "./composer.js";
import { Desk } from "./desk.js";
import { attribute, text } from "./dom.js";
import { Memory } from "./memory.js";
import { rowsOf } from "./rows.js";
import { Screen } from "./screen.js";
import { wordsFrom } from "./text.js";
import { Thread } from "./thread.js";

/** Run the page with the words of one language; `load(name)` loads what few need. */
export function start(dictionary, intlLocale, load) {
  const query = new URLSearchParams(location.search);
  const page = new Page(wordsFrom(dictionary, intlLocale), load, query.get("inbox") || "web", query.get("parent"));
  page.run();
}

class Page {
  #parts = {}; #t; #load; #desk; #thread; #screen; #composer; #tell; #open = false; #modal = false; #color = ""; #due = false;

  constructor(t, load, inbox, parent) {
    this.#t = t;
    this.#load = load;
    for (const node of document.querySelectorAll("[data-part]")) this.#parts[node.dataset.part] = node;
    this.#label();
    this.#desk = new Desk({ inbox, locale: document.documentElement.lang, api: new VisitorApi(), onChange: () => this.#changed(), onForget: () => this.#forget() });
    this.#build(new Memory(inbox));
    this.#tell = openBridge(parent, {
      init: (data) => this.#init(data),
      open: (data) => this.#show(true, data),
      close: () => this.#show(false),
      page: ({ page }) => this.#desk.setPage(page),
      identify: ({ identity }) => this.#desk.identify(identity),
    });
    this.#open = window.parent === window;
  }

  run() {
    followBrowser(this.#desk.socket);
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("visibilitychange", () => this.#look());
    this.#parts.close.addEventListener("click", () => this.#tell("close"));
    this.#parts.older.addEventListener("click", () => this.#desk.move("older"));
    this.#screen.render(); // the field, only now that it works
    this.#tell("ready");
    if (window.parent === window) this.#desk.start();
  }

  #build(memory) {
    const { parts, desk } = { parts: this.#parts, desk: this.#desk };
    const draft = { get: () => memory.get("draft"), set: (value) => memory.set("draft", value) };
    const part = (...which) => this.#part(...which);
    const newest = () => { desk.view?.toEnd(); this.#render(); };
    const say = (words) => { desk.say(words); newest(); this.#thread.toBottom(); };
    this.#thread = new Thread({
      list: parts.thread, scroller: parts.scroller, newer: parts.newer, t: this.#t, previews: desk.uploads.previews, part,
      parcel: (id) => desk.parcel(id), resend: (ref) => desk.resend(ref), remove: (ref) => desk.remove(ref), onLook: () => this.#look(), newest, more: (where) => desk.move(where),
    });
    this.#screen = new Screen(desk, parts, this.#t, {
      say,
      newChat: () => this.#composer.focus(),
      part,
      draft: { get: () => memory.get("message") ?? {}, set: (value) => memory.set("message", value) },
    });
    this.#composer = new Composer({
      form: parts.compose, field: parts.field, picker: parts.picker, dropZone: document.body, draft,
      onText: say, onFiles: (files) => files.forEach((file) => desk.uploads.add(file)), onTyping: (words) => desk.typing.typed(words),
    });
  }

  /** What few shoppers need is loaded when it is wanted, and drawn in `place`. Rejects when it could not be loaded. */
  async #part(name, place, options) {
    const { open } = await this.#load(name);
    const words = (dictionary) => wordsFrom(dictionary, this.#t.locale);
    this.#thread.keep(() => open(place, { words, ...options }));
  }

  #init({ page, color, name, identity, open, focus, modal }) {
    this.#color = color;
    this.#screen.paint(color);
    this.#desk.name = name ?? "";
    this.#modal = modal;
    this.#desk.setPage(page);
    this.#desk.identify(identity);
    this.#show(open, { focus, modal });
    this.#desk.start();
  }

  #show(open, { focus = false, modal = this.#modal } = {}) {
    this.#open = open;
    this.#modal = modal;
    if (open && this.#thread.atBottom) this.#thread.toBottom();
    if (open && focus) this.#focus(modal, focus === "keyboard");
    this.#look();
  }

  /** A phone's keyboard stays away until it is wanted; who came with a finger sees no ring around a button. */
  #focus(modal, focusVisible) {
    if (modal) this.#parts.close.focus({ focusVisible });
    else (this.#desk.ended ? this.#parts.fresh : this.#parts.field).focus();
  }

  /** The customer looks when the panel is open, the tab in front and the newest message in sight. */
  #look() {
    this.#desk.look(this.#open && document.visibilityState === "visible" && this.#thread.atBottom);
    this.#report();
  }

  #report() {
    this.#tell("unread", { count: this.#desk.unread });
    this.#tell("session", { active: Boolean(this.#desk.session) });
  }

  /** Nobody reads on the screen what somebody else has begun to write. */
  #forget() {
    this.#composer.clear();
    this.#screen.leave(false);
  }

  /** Many changes in one turn are one drawing. */
  #changed() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => { this.#due = false; this.#render(); });
  }

  #render() {
    const { config, log, view } = this.#desk;
    if (config?.color && !this.#color) {
      this.#color = config.color;
      this.#screen.paint(config.color);
      this.#tell("color", { color: config.color });
    }
    const picked = config?.upload?.types?.join(",");
    if (picked) attribute(this.#parts.picker, "accept", picked);
    this.#screen.render();
    const items = view?.items(this.#thread.atBottom) ?? [];
    const pending = view?.hasNewer ? [] : this.#desk.pending();
    this.#thread.render(rowsOf(items, pending, (seq) => log.stateOf(seq)), config?.upload ?? {}, view);
    text(this.#parts.newerText, this.#desk.unread ? this.#t("newer", { count: this.#desk.unread }) : this.#t("newest"));
    this.#report();
  }

  /** Esc closes; on a phone, where the sheet covers the page, Tab stays inside. */
  #key(event) {
    if (event.key === "Escape" && !event.isComposing) this.#tell("close");
    if (event.key !== "Tab" || !this.#modal) return;
    const stops = [...document.querySelectorAll("button, a[href], input, textarea, [tabindex='0']")].filter((node) => node.offsetParent && !node.disabled);
    const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
    if (document.activeElement !== from) return;
    event.preventDefault();
    to.focus();
  }

  #label() {
    for (const node of document.querySelectorAll("[data-word]")) node.textContent = this.#t(node.dataset.word);
    for (const node of document.querySelectorAll("[data-label]")) {
      node.setAttribute("aria-label", this.#t(node.dataset.label));
      if (node.matches("button, label")) node.title = this.#t(node.dataset.label);
    }
    this.#parts.field.placeholder = this.#t("placeholder");
    document.title = this.#t("title");
  }
}
