// static/js/console/conversation.js – the chat that is open: its head, its lines, who else looks at it, what they type.
import { $, $$, setAttribute, setText } from "./dom.js";
import { Head } from "./head.js";
import { fill, gettext } from "./i18n.js";
import { Transcript } from "./transcript.js";

const TYPING_FOR = 6_000; // ms after the last word of it
const POLL = 4_000; // chats that are not pushed to us

/** Options: chats, desk, reader, composer, cards, dialogs, toasts, api, onOpened(id), onLeft(), onClosed(). */
export class Conversation {
  #options; #transcript; #head; #log = null; #typing = null;
  id = null;

  constructor(options) {
    const { desk, chats } = options;
    this.#options = options;
    this.#head = new Head(options);
    this.#transcript = new Transcript({ ...options, onSeen: () => this.#markSeen() });
    desk.isRead = (id) => id === this.id && this.#looking();
    desk.on("typing", (frame) => frame.session === this.id && this.#showTyping(frame));
    desk.on("viewers", (frame) => frame.session === this.id && this.#head.viewers(frame.agents));
    desk.on("message", (frame) => frame.session === this.id && this.#hideTyping());
    chats.onChange((ids) => ids.has(this.id) && this.#rowChanged());
    for (const name of ["focus", "visibilitychange"]) window.addEventListener(name, () => this.#markSeen());
    setInterval(() => this.#tick(), 1000);
    setInterval(() => this.#poll(), POLL);
  }

  get row() {
    return this.#options.chats.get(this.id);
  }

  get seesEnd() {
    return this.#transcript.atEnd;
  }

  /** Show the chat `id`; returns whether it could be. */
  async open(id) {
    if (id === this.id) return true;
    this.#leave();
    this.id = id;
    this.#log = null; // nothing of it has been seen yet
    this.#show(true);
    this.#transcript.clear(id);
    this.#options.composer.open(id);
    if (this.row) this.#rowChanged();
    this.#options.onOpened(id);
    const [row, log] = await Promise.all([this.#fetchRow(id), this.#options.desk.log(id)]).catch((error) => [null, error]);
    if (this.id !== id) return false;
    if (!row) return this.#unavailable(log);
    const newAfter = await this.#transcript.lastRead(log);
    if (this.id !== id) return false;
    this.#begin(log, newAfter);
    return true;
  }

  close() {
    this.#leave();
    this.id = this.#log = null;
    this.#transcript.close();
    this.#show(false);
    this.#options.onClosed();
  }

  toEnd() {
    this.#transcript.toEnd();
  }

  showNews(seq) {
    this.#transcript.showNews(seq);
  }

  /** Go to a place of the chat (see history.js); whether there is one. */
  jump(query) {
    return this.#transcript.jump(query);
  }

  /** Mark `words` in what is shown, and the message `seq`. */
  mark(words, seq) {
    this.#transcript.mark(words, seq);
  }

  scroll(pages) {
    this.#transcript.scroll(pages);
  }

  #begin(log, newAfter) {
    const { composer, cards, desk } = this.#options, { unread } = this.row;
    this.#log = log;
    desk.watch(this.id);
    composer.follow(log);
    cards.open(this.id);
    this.#rowChanged();
    this.#transcript.begin(log, newAfter, unread);
  }

  async #fetchRow(id) {
    const known = this.row?.queue?.eta_low !== undefined && this.#options.desk.follows(id);
    if (!known) this.#options.chats.merge(await this.#options.api.get(`sessions/${id}/`));
    return this.row;
  }

  #unavailable(error) {
    this.#options.toasts.error(error.code === "not_found" ? gettext("This chat is not there, or not yours to see.") : error.message);
    this.close();
    return false;
  }

  #leave() {
    if (!this.id) return;
    this.#hideTyping();
    this.#head.viewers([]);
    this.#options.composer.leave();
    this.#options.cards.open(null);
    this.#options.desk.watch(null);
    this.#options.onLeft();
  }

  #show(on) {
    $("[data-no-chat]").hidden = on;
    for (const part of $$("[data-chat-part]")) part.hidden = !on;
    $("[data-cards]").hidden = !on;
    setAttribute($("[data-desk]"), "data-open", on);
  }

  #rowChanged() {
    if (!this.row) return;
    this.#head.render(this.row);
    this.#options.composer.rowChanged(this.row);
    this.#options.cards.rowChanged(this.row);
    if (this.row.unread) this.#markSeen();
  }

  #looking() {
    return document.visibilityState === "visible" && document.hasFocus() && this.#transcript.atEnd;
  }

  #markSeen() {
    if (this.id && this.#log && this.#looking()) this.#options.desk.read(this.id);
  }

  #showTyping({ on, preview }) {
    clearTimeout(this.#typing);
    $("[data-typing]").hidden = !on;
    if (!on) return;
    const name = this.row?.customer?.name ?? "";
    setText($("[data-typing-text]"), preview || fill(gettext("%(name)s is typing…"), { name }));
    this.#typing = setTimeout(() => this.#hideTyping(), TYPING_FOR);
  }

  #hideTyping() {
    clearTimeout(this.#typing);
    $("[data-typing]").hidden = true;
  }

  #tick() {
    if (this.row) this.#head.tick(this.row);
  }

  #poll() {
    if (!this.#log || document.visibilityState !== "visible" || this.#options.desk.follows(this.id)) return;
    this.#options.desk.catchUp(this.id).catch(() => {});
  }
}
