// static/js/console/refresh.js – keeps the sections of the list in step with the server, gently.
import { SECTIONS } from "./chats.js";
import { debounce } from "./dom.js";

const EVERY = 20_000; // ms; live frames do the rest
const PAGE = 100;

/** `sections()` names those to fetch; `keep()` the ids that stay whatever the server says. */
export class Refresher {
  #chats; #api; #options; #running = null; #timer = null; #soon;
  loaded = false;

  constructor({ chats, api, ...options }) {
    this.#chats = chats;
    this.#api = api;
    this.#options = options;
    this.#soon = debounce(() => this.now(), 400);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.soon());
  }

  soon() {
    this.#soon();
  }

  /** Fetch now; calls that come while one runs share its answer. */
  now() {
    this.#running ??= this.#fetch().finally(() => {
      this.#running = null;
      this.#schedule();
    });
    return this.#running;
  }

  async search(text) {
    const { results } = await this.#api.get("sessions/", { q: text, page_size: 50 });
    return results;
  }

  async #fetch() {
    const names = SECTIONS.filter((name) => this.#options.wanted(name));
    try {
      const pages = await Promise.all(names.map((section) => this.#api.get("sessions/", { section, page_size: PAGE })));
      const rows = new Map(pages.flatMap(({ results }) => results).map((row) => [row.id, row]));
      this.#chats.replace(names, [...rows.values()], this.#options.keep());
    } catch {
      // the banner tells of a lost connection; the rows we have stay
    }
    this.loaded = true;
    this.#options.onLoaded();
  }

  #schedule() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (document.visibilityState === "visible" ? this.now() : this.#schedule()), EVERY);
  }
}
