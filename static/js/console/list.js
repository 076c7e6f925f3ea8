// static/js/console/list.js – the left column: sections, rows, search. Rows are patched by key and never jump.
import { SECTIONS, slaOf } from "./chats.js";
import { $, $$, debounce, patchKeyed, piece, setAttribute, setIcon, setText } from "./dom.js";
import { channelText, kindText } from "./events.js";
import { hue, initials, listTime, span } from "./format.js";
import { fill, gettext } from "./i18n.js";

const FOLDED = "helpdesk.console.folded";

/** Options: chats, reader {locale, zone}, target (seconds), drafts, now(), search(text) → rows, onOpen(id), chatUrl(id). */
export class List {
  #options; #root; #found = null; #folded; #query = "";
  current = null;

  constructor(options) {
    this.#options = options;
    this.#root = $("[data-list]");
    this.#folded = new Set(JSON.parse(localStorage.getItem(FOLDED) ?? '["gone"]'));
    this.#listen();
    options.chats.onChange(() => this.render());
    setInterval(() => this.#tick(), 1000);
  }

  isFolded(section) {
    return this.#folded.has(section);
  }

  setLoading(on) {
    setAttribute(this.#root, "data-loading", on);
    this.#loaded = !on;
    this.render();
  }

  #loaded = false;

  /** Ids in the order of the screen, for J and K. */
  visible() {
    return $$(".row", this.#root).filter((row) => row.offsetParent).map((row) => row.dataset.key);
  }

  /** The chat of mine that comes after `id`; null when there is no other. */
  nextMine(id) {
    const ids = this.#options.chats.sections().mine.map((row) => row.id).filter((other) => other !== id);
    return ids[0] ?? null;
  }

  select(id) {
    this.current = id;
    this.render();
    $(".row[data-current]", this.#root)?.scrollIntoView({ block: "nearest" });
  }

  focusSearch() {
    $("[data-search]").focus();
  }

  render() {
    const sections = this.#options.chats.sections();
    for (const name of SECTIONS) this.#renderSection(name, this.#matching(sections[name]));
    $("[data-results]").hidden = this.#found === null;
    $("[data-sections]").hidden = this.#found !== null;
    if (this.#found) this.#renderSection("found", this.#found.map((row) => this.#options.chats.get(row.id) ?? row));
  }

  #renderSection(name, rows) {
    const section = $(`[data-section="${name}"]`, this.#root);
    setText($("[data-count]", section), rows.length ? String(rows.length) : "");
    setAttribute(section, "data-folded", this.#folded.has(name));
    $("[data-fold]", section)?.setAttribute("aria-expanded", String(!this.#folded.has(name)));
    const empty = $("[data-empty]", section);
    if (empty) empty.hidden = rows.length > 0 || !this.#loaded;
    patchKeyed($("[data-rows]", section), rows, {
      key: ({ id }) => id,
      create: () => piece("row"),
      update: (node, row) => this.#fill(node, row),
    });
  }

  #fill(node, row) {
    const { chats, drafts, chatUrl } = this.#options;
    const name = row.customer?.name ?? "";
    const link = $("[data-open]", node);
    setAttribute(link, "href", chatUrl(row.id));
    setAttribute(link, "aria-current", row.id === this.current && "true");
    setAttribute(node, "data-current", row.id === this.current);
    setAttribute(node, "data-unread", row.unread > 0 && row.id !== this.current);
    this.#avatar($("[data-avatar]", node), row, name);
    setText($("[data-name]", node), name);
    setIcon($("[data-channel]", node), row.channel, channelText(row.channel));
    const draft = row.id !== this.current && drafts.has(row.id);
    setAttribute(node, "data-draft", draft);
    setText($("[data-preview]", node), draft ? gettext("Draft") : preview(row, chats.isMine(row)));
    setText($("[data-unread]", node), row.unread && chats.sectionOf(row) !== null ? String(Math.min(row.unread, 99)) : "");
    this.#clock(node, row);
  }

  #avatar(avatar, row, name) {
    setText(avatar, initials(name));
    setAttribute(avatar, "data-hue", hue(row.customer?.id ?? row.id));
    setAttribute(avatar, "data-presence", row.customer?.presence);
  }

  /** Wait with its colour and sign, or the time of the last word. */
  #clock(node, row) {
    const now = this.#options.now();
    const waits = row.waiting_since && ["queued", "active"].includes(row.status);
    const sla = slaOf(row, now, this.#options.target);
    const text = waits ? span(now - new Date(row.waiting_since)) : listTime(row.last_message?.at ?? row.opened_at, this.#options.reader, now);
    setText($("[data-time]", node), text);
    setAttribute(node, "data-sla", sla === "ok" ? null : sla);
    const [symbol, label] = { ok: waits ? ["clock", gettext("Waits for an answer")] : ["", ""], warn: ["warning", gettext("Waits long")], breach: ["breach", gettext("Waits too long")] }[sla];
    setIcon($("[data-sla]", node), symbol, label);
  }

  #tick() {
    if (document.visibilityState !== "visible") return;
    for (const node of $$(".row", this.#root)) {
      const row = this.#options.chats.get(node.dataset.key);
      if (row) this.#clock(node, row);
    }
  }

  #matching(rows) {
    if (!this.#query) return rows;
    return rows.filter((row) => `${row.customer?.name} ${row.last_message?.preview}`.toLowerCase().includes(this.#query));
  }

  #listen() {
    this.#root.addEventListener("click", (event) => this.#clicked(event));
    const field = $("[data-search]");
    const ask = debounce((text) => this.#search(text), 220);
    field.addEventListener("input", () => {
      this.#query = field.value.trim().toLowerCase();
      if (!this.#query) this.#found = null;
      else ask(field.value.trim());
      this.render();
    });
    field.addEventListener("keydown", ({ key }) => key === "Escape" && this.#clearSearch(field));
  }

  async #search(text) {
    const rows = await this.#options.search(text).catch(() => null);
    if (!rows || text.toLowerCase() !== this.#query) return;
    this.#found = rows;
    this.render();
  }

  #clearSearch(field) {
    field.value = "";
    field.dispatchEvent(new Event("input"));
    field.blur();
  }

  #clicked(event) {
    const fold = event.target.closest("[data-fold]");
    if (fold) return this.#toggle(fold.dataset.fold);
    const row = event.target.closest(".row");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
    event.preventDefault();
    return this.#options.onOpen(row.dataset.key);
  }

  #toggle(section) {
    if (!this.#folded.delete(section)) this.#folded.add(section);
    localStorage.setItem(FOLDED, JSON.stringify([...this.#folded]));
    this.render();
    this.#options.onUnfold?.();
  }
}

function preview(row, mine) {
  const { kind, preview: text = "", sender_kind: sender } = row.last_message ?? {};
  const words = kind === "note" ? fill(gettext("Note: %(text)s"), { text }) : text || kindText(kind);
  if (!words) return "";
  const who = { agent: mine ? gettext("You") : row.agent?.name, bot: gettext("Robot") }[sender];
  return who ? `${who}: ${words}` : words;
}
