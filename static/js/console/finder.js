// static/js/console/finder.js – the line under the head of a chat: find words in it, or go to a day.
import { $, debounce, setText } from "./dom.js";
import { dayKey, dayStart } from "./format.js";
import { fill, gettext } from "./i18n.js";

const WAIT = 200; // ms after the last key

/** Options: api, reader, toasts, conversation (id, row, jump(query), mark(words, seq), focusEnd()). */
export class Finder {
  #options; #bar = $("[data-finder]"); #field = $("[data-find]"); #date = $("[data-find-date]"); #hits = []; #index = -1; #next = null; #query = ""; #busy = false;

  constructor(options) {
    this.#options = options;
    const search = debounce(() => this.#search(), WAIT);
    this.#field.addEventListener("input", search);
    this.#field.addEventListener("keydown", (event) => this.#keyed(event));
    this.#bar.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
    this.#bar.addEventListener("submit", (event) => event.preventDefault());
    this.#date.addEventListener("change", () => this.#date.value && this.#goTo(this.#date.value));
    $("[data-find-older]").addEventListener("click", () => this.step(1));
    $("[data-find-newer]").addEventListener("click", () => this.step(-1));
    $("[data-find-close]").addEventListener("click", () => this.close());
  }

  open() {
    const { conversation, reader } = this.#options;
    if (!conversation.id) return false;
    this.#bar.hidden = false;
    this.#date.max = dayKey(Date.now(), reader);
    if (conversation.row?.opened_at) this.#date.min = dayKey(conversation.row.opened_at, reader);
    this.#field.focus();
    this.#field.select();
    return true;
  }

  /** Put it away; the chat stays where it is. */
  close() {
    if (this.#bar.hidden) return;
    const inside = this.#bar.contains(document.activeElement);
    this.#bar.hidden = true;
    this.reset();
    if (inside) $("[data-thread]").focus({ preventScroll: true });
  }

  /** Another chat, another search. */
  reset() {
    this.#field.value = "";
    this.#date.value = "";
    this.#forget();
    this.#options.conversation.mark([], 0);
  }

  /** To an older (1) or newer (-1) hit; beyond the last one that is known, the search goes on. */
  async step(by) {
    if (this.#busy) return;
    const index = this.#index + by;
    if (index >= this.#hits.length && this.#next) await this.#more();
    if (index >= 0 && index < this.#hits.length) await this.#show(index);
  }

  async #search() {
    const query = this.#field.value.trim();
    if (query === this.#query) return;
    this.#forget();
    this.#query = query;
    if (!query) return this.#options.conversation.mark([], 0);
    await this.#more();
    if (query === this.#query && this.#hits.length) await this.#show(0);
  }

  /** The next page of hits; one that found nothing goes on until the chat's beginning. */
  async #more() {
    const query = this.#query, known = this.#hits.length, { api, conversation, toasts } = this.#options, { id } = conversation;
    const wanted = this.#asked();
    this.#busy = true;
    try {
      do {
        const page = await api.get(`sessions/${id}/search/`, { q: query, before: this.#next });
        if (!wanted()) return;
        this.#hits.push(...page.results.map(({ seq }) => seq));
        this.#next = page.next_before;
      } while (this.#hits.length === known && this.#next);
    } catch (error) {
      if (wanted()) toasts.error(error.message);
    } finally {
      if (wanted()) this.#busy = false;
    }
    this.#count();
  }

  async #show(index) {
    this.#index = index;
    this.#count();
    const { conversation } = this.#options, seq = this.#hits[index], wanted = this.#asked();
    await conversation.jump({ around: seq });
    if (wanted()) conversation.mark(this.#query.split(/\s+/), seq);
  }

  async #goTo(day) {
    const { conversation, reader, toasts } = this.#options, { id } = conversation;
    const found = await conversation.jump({ at: dayStart(day, reader).toISOString() });
    if (!found && id === conversation.id) toasts.say(gettext("Nothing was said on that day or later."));
  }

  /** A question to put once an answer is here: whether these words in this chat are still wanted. */
  #asked() {
    const { conversation } = this.#options, { id } = conversation, query = this.#query;
    return () => query === this.#query && id === conversation.id;
  }

  #forget() {
    this.#hits = [];
    this.#index = -1;
    this.#next = null;
    this.#query = "";
    this.#busy = false;
    this.#count();
  }

  #count() {
    const total = `${this.#hits.length}${this.#next ? "+" : ""}`;
    const found = fill(gettext("%(number)s of %(total)s"), { number: this.#index + 1, total });
    setText($("[data-find-count]"), !this.#query ? "" : this.#hits.length ? found : gettext("Nothing found"));
    $("[data-find-older]").disabled = this.#index + 1 >= this.#hits.length && !this.#next;
    $("[data-find-newer]").disabled = this.#index <= 0;
  }

  #keyed(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (this.#field.value.trim() !== this.#query) this.#search();
    else this.step(event.shiftKey ? -1 : 1);
  }
}
