// static/js/console/alerts.js – what calls a supervisor: a word in the corner, and how many stand open on the rail.
import { $, setText } from "./dom.js";
import { gettext } from "./i18n.js";

/** Options: line (on(type, fn)), toasts, api. The server tells only those who may see an alert. */
export class Alerts {
  #options; #badge = $("[data-rail-count=live]");

  constructor(options) {
    this.#options = options;
    options.line.on("alert", (frame) => this.#heard(frame));
    if (this.#badge) this.#count();
  }

  #heard({ state, text, url }) {
    const { toasts } = this.#options;
    if (state === "raised") toasts.say(text, { label: gettext("Look"), action: () => location.assign(url) });
    document.body.dispatchEvent(new CustomEvent("desk:alert"));
    this.#count();
  }

  async #count() {
    try {
      const { results } = await this.#options.api.get("alerts/", { page_size: 100 });
      setText(this.#badge, results.length ? String(Math.min(results.length, 99)) : "");
    } catch {
      // the badge says what was last known
    }
  }
}
