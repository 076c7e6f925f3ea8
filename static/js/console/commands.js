// static/js/console/commands.js – the command bar: what can be done here, and a search over all that the desk knows.
import { $, debounce, icon, piece, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";

const MOST = 8; // actions beside what was found
const RECENT = "helpdesk.console.recent";
const REMEMBERED = 6;
const WAIT = 140; // ms after the last key

/** Whether all letters of `query` come in `text` in order, words first: 0 is no match, more is better. */
export function score(text, query) {
  const haystack = text.toLowerCase(), needle = query.toLowerCase().trim();
  if (!needle) return 1;
  const at = haystack.indexOf(needle);
  if (at === 0) return 4;
  if (at > 0) return /\s/.test(haystack[at - 1]) ? 3 : 2;
  let index = 0;
  for (const letter of haystack) if (letter === needle[index]) index += 1;
  return index === needle.length ? 1 : 0;
}

/** What is listed for `query`: actions whose words match well, what was found, then the other actions. */
export function arrange(actions, groups, query) {
  const rated = actions.map((command) => ({ command, points: score(command.text, query) })).filter(({ points }) => points);
  const sorted = rated.sort((a, b) => b.points - a.points);
  const title = gettext("Actions");
  const named = (list) => list.map(({ command }) => ({ group: title, ...command }));
  if (!query.trim()) return named(sorted);
  const good = sorted.filter(({ points }) => points > 1).slice(0, MOST), weak = groups.length ? [] : sorted.filter(({ points }) => points === 1);
  return [...named(good), ...groups.flatMap(({ label, items }) => items.map((item) => ({ group: label, ...item }))), ...named(weak.slice(0, MOST))];
}

/** What was chosen last, newest first, each once. */
export function remember(list, item) {
  return [item, ...list.filter(({ url }) => url !== item.url)].slice(0, REMEMBERED);
}

/**
 * Options: dialogs, commands() → [{text, hint, icon, run}] that are possible now, search(query) → Promise<groups>,
 * go(item) opens what was found, me (its recent finds are its own).
 */
export class Commands {
  #options; #input = $("[data-command-input]"); #list = $("[data-commands]"); #shown = []; #index = 0; #groups = []; #ask; #moved = false;

  constructor(options) {
    this.#options = options;
    this.#ask = debounce((query) => this.#search(query), WAIT);
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => this.#keyed(event));
    this.#list.addEventListener("click", ({ target }) => {
      const item = target.closest("[data-index]");
      if (item) this.#run(Number(item.dataset.index));
    });
  }

  open(query = "") {
    this.#options.dialogs.open("commands");
    this.#input.value = query;
    this.#groups = [];
    this.#typed();
    this.#input.focus();
  }

  get #key() {
    return `${RECENT}.${this.#options.me.id}`;
  }

  #recent() {
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? "[]");
    } catch {
      return [];
    }
  }

  #typed() {
    const query = this.#input.value;
    this.#moved = false;
    if (!query.trim()) this.#groups = [];
    else this.#ask(query);
    this.#filter();
  }

  async #search(query) {
    const groups = await this.#options.search(query.trim()).catch(() => null);
    if (!groups || this.#input.value !== query) return;
    this.#groups = groups;
    this.#filter();
  }

  /** Whoever has moved the mark already keeps it where it is. */
  #filter() {
    const query = this.#input.value;
    const before = this.#moved ? this.#shown[this.#index] : null;
    const recent = query.trim() ? [] : this.#recent().map((item) => ({ group: gettext("Recent"), ...item }));
    this.#shown = [...recent, ...arrange(this.#options.commands(), this.#groups, query)];
    this.#index = Math.max(0, this.#shown.findIndex(({ text, url }) => before && text === before.text && url === before.url));
    this.#render();
  }

  #render() {
    if (!this.#shown.length) {
      const empty = document.createElement("li");
      empty.className = "commands__empty";
      empty.textContent = gettext("Nothing matches. Try a name, an order or ticket number.");
      return this.#list.replaceChildren(empty);
    }
    this.#list.replaceChildren(...this.#shown.flatMap((command, index) => {
      const first = command.group !== this.#shown[index - 1]?.group;
      return first ? [heading(command.group), node(command, index)] : [node(command, index)];
    }));
    return this.#mark();
  }

  #mark() {
    const items = [...this.#list.querySelectorAll("[data-index]")];
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === this.#index)));
    const current = items[this.#index];
    if (this.#index === 0) this.#list.scrollTop = 0;
    else current?.scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-activedescendant", current?.id ?? "");
  }

  #keyed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#shown.length) {
      event.preventDefault();
      this.#moved = true;
      this.#index = (this.#index + step + this.#shown.length) % this.#shown.length;
      this.#mark();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.#run(this.#index);
    }
  }

  #run(index) {
    const command = this.#shown[index];
    if (!command) return;
    this.#options.dialogs.close("commands");
    if (command.run) return command.run();
    const { group: _, ...item } = command;
    localStorage.setItem(this.#key, JSON.stringify(remember(this.#recent(), item)));
    return this.#options.go(item);
  }
}

function heading(text) {
  const line = document.createElement("li");
  line.className = "commands__group";
  line.setAttribute("role", "presentation");
  line.textContent = text;
  return line;
}

function node({ text, hint = "", icon: symbol }, index) {
  const item = piece("command");
  item.id = `command-${index}`;
  item.dataset.index = index;
  $("[data-icon]", item).append(icon(symbol));
  setText($("[data-text]", item), text);
  setText($("[data-hint]", item), hint);
  return item;
}

/** The desk's search, as groups of items. */
export function searchBy(url) {
  return async (query) => {
    const response = await fetch(`${url}?${new URLSearchParams({ q: query })}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(fill(gettext("The search answered %(status)s"), { status: response.status }));
    return (await response.json()).groups;
  };
}
