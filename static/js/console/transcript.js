// static/js/console/transcript.js – the lines of the open chat: any place of its log, what is new in it, what can be done with one.
import { $, setAttribute } from "./dom.js";
import { History } from "./history.js";
import { gettext } from "./i18n.js";
import { Thread } from "./thread.js";
import { layoutThread } from "./thread-layout.js";

/** Options: chats, desk, reader, composer, cards, dialogs, toasts, api, onSeen() (the end is on the screen). */
export class Transcript {
  #options; #thread; #id = null; #log = null; #history = null; #marks = [[], 0]; #newAfter = 0; #seen = 0; #frame = 0;

  constructor(options) {
    const { desk, dialogs, reader, toasts, onSeen } = options;
    this.#options = options;
    this.#thread = new Thread({
      reader, onSeen,
      move: (where) => this.#move(where),
      onEnd: () => this.#end(),
      onUnread: () => this.jump({ around: this.#newAfter + 1 }).catch((error) => toasts.error(error.message)),
      onAction: (action) => this.#act(action),
      onZoom: (url) => dialogs.image(url),
    });
    desk.on("log", (id) => (id === null || id === this.#id) && this.#schedule());
  }

  get atEnd() {
    return this.#thread.atEnd;
  }

  /** From now on it is the chat `id`, of which nothing is here yet. */
  clear(id) {
    this.#id = id;
    this.#log = this.#history = null;
    this.#thread.clear({ loading: !this.#options.desk.known(id) });
  }

  /** The seq before the first message of the customer that nobody has read; 0 when all is read. Beyond `log`, the server knows. */
  async lastRead(log) {
    if (!this.#row?.unread || !this.#options.chats.isMine(this.#row)) return 0;
    const customers = log.items().filter(({ sender, kind }) => sender.kind === "customer" && kind !== "event");
    const first = customers.at(-this.#row.unread);
    if (first || !log.hasOlder) return first ? first.seq - 1 : 0;
    const page = await this.#fetch({ unread: true, limit: 1 }).catch(() => null);
    return page ? page.anchor - 1 : 0;
  }

  /** Its `log` is here; `unread` lines of it came after `newAfter`. */
  begin(log, newAfter, unread) {
    this.#log = log;
    this.#history = new History(log, this.#fetch);
    this.#newAfter = newAfter;
    this.#seen = log.cursor;
    this.#render();
    this.#thread.toEnd();
    if (newAfter) this.#thread.unread(unread);
  }

  close() {
    this.#id = this.#log = null;
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

  get #row() {
    return this.#options.chats.get(this.#id);
  }

  #fetch = (query) => this.#options.api.get(`sessions/${this.#id}/messages/`, query);

  async #move(where) {
    const history = this.#history;
    await history[where]();
    if (history === this.#history) this.#render();
  }

  #end() {
    this.#history?.toEnd();
    this.#render();
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
    const { desk, reader, chats } = this.#options;
    const messages = history.items(this.#thread.atEnd);
    const items = layoutThread({
      messages,
      entries: history.hasNewer ? [] : desk.outbox.entries(this.#id),
      stateOf: (seq) => log.stateOf(seq),
      newAfter: messages[0]?.seq <= this.#newAfter + 1 ? this.#newAfter : 0,
      mayRecall: this.#row?.status === "active" && chats.isMine(this.#row),
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
    desk.send(this.#id, { kind: "recall", body: "", payload: { seq } });
    const again = body && kind === "text" ? { label: gettext("Edit and send again"), action: () => composer.insert(body) } : {};
    toasts.say(gettext("Message withdrawn"), again);
  }
}
