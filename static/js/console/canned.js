// static/js/console/canned.js – "/" in a composer opens the canned replies, "#" texts of the SOPs; typing on narrows them.
import { $, debounce, piece, setText } from "./dom.js";
import { gettext } from "./i18n.js";

/** The command under the caret: {start, query} of a "/" at the start or after a space; null without one. */
export function slashAt(text, caret) {
  return signAt(text, caret, "/");
}

/** The same for another sign. Their full-width twins count: that is what a Chinese keyboard writes. */
export function signAt(text, caret, sign) {
  const twin = { "/": "／", "#": "＃" }[sign];
  const match = text.slice(0, caret).match(new RegExp(`(^|\\s)[${sign}${twin}]([^\\s${sign}${twin}]*)$`));
  return match ? { start: caret - match[2].length - 1, query: match[2] } : null;
}

/** `{{customer}}` and `{{agent}}` in a canned text become names; a masked one ("J**") is left out with its space. */
export function fillNames(text, names) {
  return text.replace(/( ?)\{\{?\s*(\w+)(?:[._]name)?\s*\}?\}/g, (whole, space, key) => {
    if (names[key] === undefined) return whole;
    return /\*\*$/.test(names[key]) ? "" : space + names[key];
  });
}

/** Where the texts come from, by sign. Each: sign, load(query, lang) → Promise<items>, empty (words; "" shows nothing). */
export function textSources({ api, sopsUrl }) {
  const canned = {
    sign: "/",
    load: async (query) => (await api.get("canned-replies/", { q: query })).results,
    empty: gettext("No canned reply matches. Managers add them in the administration."),
  };
  const sops = {
    sign: "#",
    load: async (query, lang) => (await (await fetch(`${sopsUrl}?${new URLSearchParams({ q: query, lang })}`)).json()).results,
    empty: "",
  };
  return sopsUrl ? [canned, sops] : [canned];
}

/** Options: field (textarea), popup, sources (textSources), names() → {customer, agent}, lang() of the chat. */
export class Canned {
  #options; #popup; #items = []; #index = 0; #command = null; #ask;

  constructor(options) {
    this.#options = options;
    this.#popup = options.popup;
    this.#ask = debounce((command) => this.#load(command), 120);
    options.field.addEventListener("input", () => this.#look());
    options.field.addEventListener("keydown", (event) => this.open && this.#keyed(event), { capture: true });
    options.field.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.#popup.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const item = event.target.closest("[data-index]");
      if (item) this.#choose(Number(item.dataset.index));
    });
  }

  get open() {
    return !this.#popup.hidden;
  }

  hide() {
    this.#popup.hidden = true;
    this.#command = null;
  }

  #look() {
    const { field, sources } = this.#options;
    const found = sources.map((source) => ({ source, ...signAt(field.value, field.selectionStart, source.sign) }));
    this.#command = found.find(({ start }) => start !== undefined) ?? null;
    if (!this.#command) return this.hide();
    return this.#ask(this.#command);
  }

  async #load(command) {
    const lang = this.#options.lang();
    const results = await command.source.load(command.query, lang).catch(() => []);
    if (this.#command !== command) return;
    this.#items = inLanguage(results, lang);
    this.#index = 0;
    if (this.#items.length || command.source.empty) this.#render();
    else this.#popup.hidden = true; // "#4711" is a number, and Enter sends it
  }

  #render() {
    this.#popup.hidden = false;
    if (!this.#items.length) {
      const empty = document.createElement("p");
      empty.className = "popup__empty";
      empty.textContent = this.#command.source.empty;
      this.#popup.replaceChildren(empty);
      return;
    }
    this.#popup.replaceChildren(...this.#items.map((item, index) => this.#node(item, index)));
    this.#mark();
  }

  #node({ title, shortcut, body }, index) {
    const node = piece("canned");
    node.dataset.index = index;
    setText($("[data-title]", node), title || shortcut);
    setText($("[data-shortcut]", node), `${this.#command.source.sign}${shortcut}`);
    setText($("[data-body]", node), body);
    return node;
  }

  #mark() {
    [...this.#popup.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === this.#index)));
    this.#popup.children[this.#index]?.scrollIntoView({ block: "nearest" });
  }

  #keyed(event) {
    const act = {
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      Enter: () => this.#choose(this.#index),
      Tab: () => this.#choose(this.#index),
      Escape: () => this.hide(),
    }[event.key];
    if (!act || (!this.#items.length && event.key !== "Escape") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  #move(step) {
    this.#index = (this.#index + step + this.#items.length) % this.#items.length;
    this.#mark();
  }

  #choose(index) {
    const { field, names } = this.#options;
    const item = this.#items[index];
    if (!item || !this.#command) return;
    field.setRangeText(fillNames(item.body, names()), this.#command.start, field.selectionStart, "end");
    this.hide();
    field.dispatchEvent(new Event("input"));
    field.focus();
  }
}

/** Replies in the customer's language first; the others follow. */
export function inLanguage(items, lang) {
  const chinese = (code) => String(code).startsWith("zh");
  const same = ({ lang: code }) => chinese(code) === chinese(lang);
  return [...items.filter(same), ...items.filter((item) => !same(item))].slice(0, 20);
}
