// static/js/console/composer.js – writing to a chat: reply or note, draft, files, and the look before sending.
import { $, $$, setAttribute, setText } from "./dom.js";
import { composeState, guardState } from "./compose-state.js";
import { newsSince } from "./thread-layout.js";
import { gettext } from "./i18n.js";

const TYPING_EVERY = 3_000; // ms
const TYPING_PAUSE = 5_000;

/** Options: chats, desk, drafts, uploads, toasts, onShowNews(seq), seesEnd(). */
export class Composer {
  #options; #form = $("[data-composer]"); #text = $("[data-write]"); #row = null; #log = null;
  #since = null; #confirmed = 0; #typedAt = 0; #typingTimer = null; #wroteAt = 0;
  #toSend = new Map(); // chat: the mode in which Enter was pressed while a file was on its way
  mode = "reply";

  constructor(options) {
    this.#options = options;
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("keydown", (event) => this.#keyed(event));
    for (const button of $$("[data-mode]", this.#form)) button.addEventListener("click", () => this.setMode(button.dataset.mode));
    $("[data-guard-show]").addEventListener("click", () => options.onShowNews(this.#since));
    options.uploads.onChange = (id) => this.#uploadsChanged(id);
    options.desk.on("state", () => this.#update());
  }

  get field() {
    return this.#text;
  }

  get enabled() {
    return this.#state().enabled;
  }

  /** The chat on the screen changed: bring its own draft. Its words go to it from now on, also before its log is here. */
  open(id) {
    this.id = id;
    this.#row = this.#options.chats.get(id);
    this.mode = this.#options.drafts.get(id, "reply").text || !this.#options.drafts.get(id, "note").text ? "reply" : "note";
    this.#options.uploads.open(id);
    this.#load();
  }

  /** The open chat's log is here: what comes after its end is news to what has been begun. */
  follow(log) {
    this.#log = log;
    if (this.#text.value.trim()) this.#since ??= log.cursor;
    this.#save();
    this.#guard();
  }

  /** No chat, nobody to write to. */
  leave() {
    this.#stopTyping();
    this.#log = this.#row = this.id = null;
    this.#text.value = "";
  }

  rowChanged(row) {
    this.#row = row;
    this.#update();
  }

  logChanged() {
    this.#guard();
  }

  setMode(mode) {
    this.#save();
    this.mode = mode;
    this.#load();
    this.#text.focus();
  }

  /** Send ready words as they stand; the draft stays. Says whether it was possible. */
  say(words) {
    if (!this.enabled || !words) return false;
    this.#options.desk.send(this.id, { kind: "text", body: words });
    return true;
  }

  /** Put text at the caret; returns a function that takes it back, whatever chat is open then. */
  insert(words) {
    if (this.mode !== "reply") this.setMode("reply");
    const { id } = this, before = this.#text.value;
    this.#text.setRangeText(words, this.#text.selectionStart, this.#text.selectionEnd, "end");
    this.#typed();
    this.#text.focus();
    return () => this.#putBack(id, before);
  }

  /** Whether somebody has written in the field since `time`, of the page's clock. */
  wroteSince(time) {
    return this.#wroteAt > time;
  }

  /** Put files to the reply, or say why they cannot go with it. */
  attach(files) {
    const { enabled, why } = this.#state(), { toasts, uploads } = this.#options;
    if (!enabled) return toasts.error(why || gettext("Open a chat to send files in it."));
    if (this.mode === "note") return toasts.error(gettext("A note takes no files. They can go with a reply."));
    return uploads.add(files);
  }

  #putBack(id, text) {
    if (id !== this.id || this.mode !== "reply") return this.#options.drafts.put(id, "reply", { text, since: null });
    this.#text.value = text;
    return this.#typed();
  }

  #load() {
    const draft = this.#options.drafts.get(this.id, this.mode);
    this.#text.value = draft.text;
    this.#since = draft.since;
    this.#confirmed = 0;
    this.#fit();
    this.#update();
  }

  #save() {
    if (this.id) this.#options.drafts.put(this.id, this.mode, { text: this.#text.value, since: this.#since });
  }

  #typed() {
    this.#wroteAt = performance.now();
    this.#toSend.delete(this.id);
    if (!this.#text.value.trim()) this.#since = null;
    else this.#since ??= this.#log?.cursor ?? null;
    this.#save();
    this.#fit();
    this.#update();
    this.#tellTyping();
  }

  /** Browsers without `field-sizing` are helped to grow with the text. */
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }

  #keyed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #submitted(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    const { uploads } = this.#options;
    if (uploads.isBusy()) this.#toSend.set(this.id, this.mode);
    if (!this.enabled || uploads.isBusy() || (!text && !uploads.ready().length)) return;
    if (this.#guard().block && this.#confirmed !== this.#log.cursor) return this.#askAgain();
    this.#send(this.id, this.mode, text);
    this.#sent();
  }

  #send(id, mode, text) {
    const { desk, drafts, uploads } = this.#options;
    for (const payload of uploads.ready(id)) desk.send(id, { kind: payload.width ? "image" : "file", body: "", payload });
    if (text) desk.send(id, { kind: mode === "note" ? "note" : "text", body: text });
    drafts.drop(id, mode);
    uploads.clear(id);
  }

  /** What Enter asked for happens when the file is there, also in a chat that was left; not without a file that failed. */
  #uploadsChanged(id) {
    const { chats, drafts, uploads } = this.#options, mode = this.#toSend.get(id);
    if (id === this.id) this.#update();
    if (!mode || uploads.isBusy(id)) return;
    this.#toSend.delete(id);
    if (id === this.id) this.#form.requestSubmit();
    else if (!uploads.hasFailed(id) && this.#stateOf(chats.get(id), mode).enabled) this.#send(id, mode, drafts.get(id, mode).text.trim());
  }

  #askAgain() {
    this.#confirmed = this.#log.cursor;
    this.#options.onShowNews(this.#since);
    setText($("[data-why-not]"), gettext("Read them, then press Enter again to send."));
  }

  #sent() {
    this.#text.value = "";
    this.#since = null;
    this.#stopTyping();
    this.#fit();
    this.#update();
    this.#options.onSent();
  }

  #state() {
    return this.#stateOf(this.#row, this.mode);
  }

  #stateOf(row, mode) {
    const { chats, desk } = this.#options;
    return composeState(row, { mode, mine: chats.isMine(row), joined: row?.joined === "barge", actions: new Set(desk.me.actions) });
  }

  #update() {
    const { enabled, why, placeholder } = this.#state();
    const { uploads } = this.#options;
    setAttribute(this.#form, "data-mode", this.mode);
    setAttribute(this.#form, "data-off", !enabled);
    for (const button of $$("[data-mode]", this.#form)) setAttribute(button, "aria-checked", String(button.dataset.mode === this.mode));
    this.#text.disabled = !enabled;
    setAttribute(this.#text, "placeholder", placeholder);
    setAttribute(this.#text, "aria-label", placeholder);
    const empty = !this.#text.value.trim() && !uploads.ready().length;
    $("[data-send]").disabled = !enabled || empty || uploads.isBusy();
    setText($("[data-send-text]"), this.mode === "note" ? gettext("Add note") : gettext("Send"));
    setText($("[data-why-not]"), enabled ? this.#hint(uploads) : why);
    for (const name of ["attach", "emoji"]) $(`[data-do="${name}"]`).disabled = !enabled || (name === "attach" && this.mode === "note");
    this.#guard();
  }

  #hint(uploads) {
    if (uploads.isBusy()) return gettext("Waiting for the upload…");
    if (this.#options.desk.socket.state === "waiting") return gettext("No connection. What you write is kept.");
    return "";
  }

  #guard() {
    const since = this.mode === "reply" && this.#text.value.trim() ? this.#since : null;
    const news = since === null || !this.#log ? { customer: 0, colleagues: 0 } : newsSince(this.#log.items(), since, this.#options.desk.me.name);
    const guard = guardState(news, { seen: this.#options.seesEnd() });
    $("[data-guard]").hidden = !guard.text;
    setText($("[data-guard-text]"), guard.text);
    return guard;
  }

  #tellTyping() {
    if (this.mode !== "reply" || !this.#text.value) return this.#stopTyping();
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => this.#stopTyping(), TYPING_PAUSE);
    if (Date.now() - this.#typedAt < TYPING_EVERY) return undefined;
    this.#typedAt = Date.now();
    return this.#options.desk.typing(this.id, true);
  }

  #stopTyping() {
    clearTimeout(this.#typingTimer);
    if (this.#typedAt && this.id) this.#options.desk.typing(this.id, false);
    this.#typedAt = 0;
  }
}
