// static/js/console/conversation.js – the chat that is open: its head, its log, who else looks at it, what they type.
import { $, $$, setAttribute, setText } from "./dom.js";
import { Head } from "./head.js";
import { History } from "./history.js";
import { Thread } from "./thread.js";
import { layoutThread } from "./thread-layout.js";
import { fill, gettext } from "./i18n.js";

const TYPING_FOR = 6_000; // ms after the last word of it
const POLL = 4_000; // chats that are not pushed to us

/** Options: chats, desk, reader, composer, cards, dialogs, toasts, api, onOpened(id), onLeft(), onClosed(). */
export class Conversation {
  #options; #thread; #head; #log = null; #history = null; #marks = [[], 0]; #newAfter = 0; #seen = 0; #typing = null; #frame = 0;
  id = null;

  constructor(options) {
    const { desk, chats } = options;
    this.#options = options;
    this.#head = new Head(options);
    this.#thread = new Thread({
      reader: options.reader,
      onSeen: () => this.#markSeen(),
      move: (where) => this.#move(where),
      onEnd: () => this.#end(),
      onUnread: () => this.jump({ around: this.#newAfter + 1 }).catch((error) => options.toasts.error(error.message)),
      onAction: (action) => this.#act(action),
      onZoom: (url) => options.dialogs.image(url),
    });
    desk.isRead = (id) => id === this.id && this.#looking();
    desk.on("log", (id) => (id === null || id === this.id) && this.#schedule());
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
    return this.#thread.atEnd;
  }

  /** Show the chat `id`; returns whether it could be. */
  async open(id) {
    if (id === this.id) return true;
    this.#leave();
    this.id = id;
    this.#log = this.#history = null; // nothing of it has been seen yet
    this.#show(true);
    this.#thread.clear({ loading: !this.#options.desk.known(id) });
    this.#options.composer.open(id);
    if (this.row) this.#rowChanged();
    this.#options.onOpened(id);
    const [row, log] = await Promise.all([this.#fetchRow(id), this.#options.desk.log(id)]).catch((error) => [null, error]);
    if (this.id !== id) return false;
    if (!row) return this.#unavailable(log);
    const newAfter = await this.#lastRead(log);
    if (this.id !== id) return false;
    this.#begin(log, newAfter);
    return true;
  }

  close() {
    this.#leave();
    this.id = null;
    this.#log = null;
    this.#show(false);
    this.#options.onClosed();
  }

  toEnd() {
    this.#thread.toEnd();
  }

  showNews(seq) {
    if (this.#history?.hasNewer) this.#end();
    this.#thread.show(seq + 1);
  }

  /** Go to a place of the chat (see history.js); whether there is one. */
  async jump(query) {
    const history = this.#history;
    const seq = await history.jump(query);
    if (history !== this.#history) return false;
    this.#render();
    this.#thread.show(seq);
    return seq <= Math.max(this.#log.cursor, history.items(false).at(-1)?.seq ?? 0);
  }

  /** Mark `words` in what is shown, and the message `seq`. */
  mark(words, seq) {
    this.#marks = [words, seq];
    this.#thread.mark(words, seq);
  }

  scroll(pages) {
    this.#thread.scrollBy(pages);
  }

  #begin(log, newAfter) {
    const { composer, cards, desk } = this.#options, { unread } = this.row;
    this.#log = log;
    this.#history = new History(log, this.#fetch);
    this.#newAfter = newAfter;
    this.#seen = log.cursor;
    desk.watch(this.id);
    composer.follow(log);
    cards.open(this.id);
    this.#rowChanged();
    this.#render();
    this.#thread.toEnd();
    if (newAfter) this.#thread.unread(unread);
  }

  #fetch = (query) => this.#options.api.get(`sessions/${this.id}/messages/`, query);

  async #move(where) {
    const history = this.#history;
    await history[where]();
    if (history === this.#history) this.#render();
  }

  #end() {
    this.#history?.toEnd();
    this.#render();
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

  /** Rendering waits for the next frame: a replay of 200 messages is one change. */
  #schedule() {
    this.#frame ||= requestAnimationFrame(() => this.#render());
  }

  #render() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const log = this.#log, history = this.#history;
    if (!log) return;
    const { desk, reader } = this.#options;
    const messages = history.items(this.#thread.atEnd);
    const items = layoutThread({
      messages,
      entries: history.hasNewer ? [] : desk.outbox.entries(this.id),
      stateOf: (seq) => log.stateOf(seq),
      newAfter: messages[0]?.seq <= this.#newAfter + 1 ? this.#newAfter : 0,
      mayRecall: this.row?.status === "active" && this.#options.chats.isMine(this.row),
      reader,
    });
    this.#news();
    this.#thread.render(items, history);
    setAttribute($("[data-to-unread]"), "data-below", messages.at(-1)?.seq <= this.#newAfter);
    if (this.#marks[0].length) this.#thread.mark(...this.#marks);
    this.#options.composer.logChanged();
  }

  #news() {
    const fresh = this.#log.items().filter(({ seq, kind, sender }) => seq > this.#seen && kind !== "event" && sender.kind !== "agent");
    const refunded = this.#log.items().some(({ seq, payload }) => seq > this.#seen && payload?.event === "refund");
    this.#seen = Math.max(this.#seen, this.#log.cursor);
    if (refunded) this.#options.cards.refresh(["refunds", "orders"]);
    if (!fresh.length) return;
    this.#thread.news(fresh.length);
    if (fresh.some(({ sender }) => sender.kind === "customer")) this.#options.cards.customerWrote();
  }

  /** The seq before the first message of the customer that nobody has read; 0 when all is read. Beyond the log, the server knows. */
  async #lastRead(log) {
    if (!this.row?.unread || !this.#options.chats.isMine(this.row)) return 0;
    const customers = log.items().filter(({ sender, kind }) => sender.kind === "customer" && kind !== "event");
    const first = customers.at(-this.row.unread);
    if (first || !log.hasOlder) return first ? first.seq - 1 : 0;
    const page = await this.#fetch({ unread: true, limit: 1 }).catch(() => null);
    return page ? page.anchor - 1 : 0;
  }

  #looking() {
    return document.visibilityState === "visible" && document.hasFocus() && this.#thread.atEnd;
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

  #act({ resend, remove, recall }) {
    const { outbox } = this.#options.desk;
    if (recall) return this.#recall(recall);
    if (resend) return outbox.resend(resend);
    return outbox.remove(remove);
  }

  /** Gone for both sides at once; the words are not lost to who wrote them. */
  #recall(seq) {
    const { desk, toasts, composer } = this.#options;
    const { body, kind } = this.#log.items().find((message) => message.seq === seq) ?? {};
    desk.send(this.id, { kind: "recall", body: "", payload: { seq } });
    const again = body && kind === "text" ? { label: gettext("Edit and send again"), action: () => composer.insert(body) } : {};
    toasts.say(gettext("Message withdrawn"), again);
  }

  #tick() {
    if (this.row) this.#head.tick(this.row);
  }

  #poll() {
    if (!this.#log || document.visibilityState !== "visible" || this.#options.desk.follows(this.id)) return;
    this.#options.desk.catchUp(this.id).catch(() => {});
  }
}
