// static/js/console/commands.js – the command bar: go to a chat, change presence, act on the open chat.
import { $, icon, piece, setText } from "./dom.js";
import { gettext } from "./i18n.js";

const MOST = 30;

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

/** Options: dialogs, commands() → [{text, hint, icon, run}] that are possible now. */
export class Commands {
  #options; #input = $("[data-command-input]"); #list = $("[data-commands]"); #shown = []; #index = 0;

  constructor(options) {
    this.#options = options;
    this.#input.addEventListener("input", () => this.#filter());
    this.#input.addEventListener("keydown", (event) => this.#keyed(event));
    this.#list.addEventListener("click", ({ target }) => {
      const item = target.closest("[data-index]");
      if (item) this.#run(Number(item.dataset.index));
    });
  }

  open() {
    this.#options.dialogs.open("commands");
    this.#input.value = "";
    this.#filter();
    this.#input.focus();
  }

  #filter() {
    const query = this.#input.value;
    const rated = this.#options.commands().map((command) => ({ command, points: score(command.text, query) }));
    this.#shown = rated.filter(({ points }) => points).sort((a, b) => b.points - a.points).map(({ command }) => command).slice(0, MOST);
    this.#index = 0;
    this.#render();
  }

  #render() {
    if (!this.#shown.length) {
      const empty = document.createElement("li");
      empty.className = "commands__empty";
      empty.textContent = gettext("Nothing matches. Try a customer's name.");
      return this.#list.replaceChildren(empty);
    }
    this.#list.replaceChildren(...this.#shown.map((command, index) => node(command, index)));
    return this.#mark();
  }

  #mark() {
    [...this.#list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === this.#index)));
    const current = this.#list.children[this.#index];
    current?.scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-activedescendant", current?.id ?? "");
  }

  #keyed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#shown.length) {
      event.preventDefault();
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
    command.run();
  }
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
