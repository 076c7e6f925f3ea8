// static/js/console/unread.js – on pages beside the chats: how much waits unread in own chats, and a word when more comes.
import { $, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";
import { ReadElsewhere } from "./read-elsewhere.js";

/** Options: line, toasts, me, chatUrl(id). */
export class Unread {
  #options; #rows = new Map(); #badge = $("[data-rail-count=chats]");

  constructor(options) {
    const { line } = options;
    this.#options = options;
    line.on("welcome", ({ sessions = [] }) => {
      this.#rows = new Map(sessions.map((row) => [row.session, row]));
      this.#paint();
    });
    line.on("session", (row) => this.#merge(row));
    line.on("session_removed", ({ session }) => (this.#rows.delete(session), this.#paint()));
    line.on("message", (frame) => this.#heard(frame));
    new ReadElsewhere(options.me.id, ({ id, seq }) => this.#readElsewhere(id, seq));
  }

  #readElsewhere(id, seq) {
    const row = this.#rows.get(id);
    if (!row || row.last_seq > seq) return;
    row.unread = 0;
    this.#paint();
  }

  #merge(row) {
    this.#rows.set(row.session, { ...this.#rows.get(row.session), ...row });
    this.#paint();
  }

  #heard({ session, seq, kind, body, sender }) {
    const row = this.#rows.get(session);
    if (row) row.last_seq = seq;
    if (!row || sender.kind !== "customer" || kind === "event" || row.agent?.id !== this.#options.me.id) return;
    row.unread = (row.unread ?? 0) + 1;
    this.#paint();
    const { toasts, chatUrl } = this.#options;
    const text = fill(gettext("%(name)s: %(text)s"), { name: sender.name, text: body || gettext("sent a file") });
    toasts.say(text.slice(0, 120), { label: gettext("Open"), action: () => location.assign(chatUrl(session)) });
  }

  #paint() {
    const sum = [...this.#rows.values()].filter(({ agent }) => agent?.id === this.#options.me.id).reduce((total, { unread = 0 }) => total + unread, 0);
    if (this.#badge) setText(this.#badge, sum ? String(Math.min(sum, 99)) : "");
  }
}
