// static/js/console/sheet.js – dialogs that the server renders: opened by `data-sheet-url`, closed by its "desk:done".
import { $, $$, piece } from "./dom.js";
import { load } from "./parts.js";
import { gettext } from "./i18n.js";

const PATIENCE = 150; // ms before a skeleton shows

/** Options: dialogs, toasts, onRefresh(codes). */
export class Sheet {
  #options; #dialog = $("[data-dialog=sheet]"); #place = $("[data-sheet]"); #waiting = 0;

  constructor(options) {
    this.#options = options;
    document.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("desk:done", ({ detail }) => this.#done(detail));
    document.addEventListener("htmx:afterSwap", ({ detail }) => detail.target === this.#place && this.#arrived());
    for (const type of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(type, (event) => this.#failed(event));
    this.#dialog.addEventListener("close", () => this.#place.replaceChildren());
  }

  /** Load `url` into the dialog; `size` "wide" for more room. */
  open(url, { size = "" } = {}) {
    this.#dialog.dataset.size = size;
    this.#place.replaceChildren();
    this.#waiting = setTimeout(() => this.#place.replaceChildren(piece("sheet-skeleton")), PATIENCE);
    this.#options.dialogs.open("sheet");
    load(url, "[data-sheet]");
  }

  #clicked(event) {
    const opener = event.target.closest("[data-sheet-url]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open(opener.dataset.sheetUrl, { size: opener.dataset.sheetSize });
  }

  #arrived() {
    clearTimeout(this.#waiting);
    const first = $("[autofocus]", this.#place) ?? $$("input, select, textarea, button", this.#place).find((node) => node.offsetParent);
    (first ?? this.#place).focus({ preventScroll: true });
  }

  #done({ say, refresh = [], go }) {
    if (this.#dialog.open) this.#dialog.close();
    if (say) this.#options.toasts.say(say);
    for (const node of $$("[data-refresh]")) {
      if (node.dataset.refresh.split(" ").some((code) => refresh.includes(code))) globalThis.htmx.trigger(node, "refresh");
    }
    this.#options.onRefresh?.(refresh);
    if (go) location.assign(go);
  }

  #failed({ detail }) {
    clearTimeout(this.#waiting);
    if (detail.target === this.#place && this.#dialog.open) this.#dialog.close();
    this.#options.toasts.error(problemText(detail.xhr));
  }
}

/** What a failed request is called: the desk's own words where it has some. */
export function problemText({ status = 0, responseText = "" } = {}) {
  try {
    const { detail } = JSON.parse(responseText);
    if (detail) return detail;
  } catch {
    // a page, not a problem body
  }
  if (status === 403) return gettext("You are not allowed to do this.");
  if (status === 404) return gettext("This is not there, or not yours to see.");
  return gettext("The desk did not answer. Check your connection and try again.");
}
