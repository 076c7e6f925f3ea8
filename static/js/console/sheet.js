// static/js/console/sheet.js – dialogs that the server renders: opened by `data-sheet-url`, closed by its "desk:done".
import { $, $$, piece } from "./dom.js";
import { FAILURES, forget, load } from "./parts.js";
import { isPoll } from "./polls.js";
import { SIGNED_OUT } from "./signed-out.js";
import { hold, problemText, wordsOf } from "./sheet-forms.js";

const PATIENCE = 150; // ms before a skeleton shows

/** Options: dialogs, toasts, onRefresh(codes). */
export class Sheet {
  #options; #dialog = $("[data-dialog=sheet]"); #place = $("[data-sheet]"); #waiting = 0; #now = null; #before = [];

  constructor(options) {
    this.#options = options;
    document.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("desk:done", ({ detail }) => this.#done(detail));
    document.addEventListener("desk:changed", ({ detail }) => this.#refresh(detail.refresh));
    document.addEventListener("htmx:afterSwap", ({ detail }) => detail.target === this.#place && this.#arrived());
    document.addEventListener("htmx:beforeRequest", ({ target }) => target.matches("[data-sheet] > form") && this.#leaves(target));
    for (const type of FAILURES) document.addEventListener(type, (event) => this.#failed(event));
    this.#dialog.addEventListener("close", () => this.#closed());
  }

  /** Load `url` into the dialog; `size` "wide" or "ticket" for more room. From within a sheet: on top of it. */
  open(url, { size = "" } = {}) {
    if (this.#dialog.open && this.#now) this.#before.push(this.#now);
    this.#now = { url, size };
    this.#show();
  }

  #show() {
    const { url, size } = this.#now;
    clearTimeout(this.#waiting);
    this.#dialog.dataset.size = size;
    this.#place.replaceChildren();
    this.#waiting = setTimeout(() => this.#place.replaceChildren(piece("sheet-skeleton")), PATIENCE);
    this.#options.dialogs.open("sheet");
    load(url, "[data-sheet]");
  }

  /** What lay below comes back. */
  #closed() {
    clearTimeout(this.#waiting);
    forget(this.#place);
    this.#place.replaceChildren();
    this.#now = this.#before.pop() ?? null;
    if (this.#now) this.#show();
  }

  #clicked(event) {
    const opener = event.target.closest("[data-sheet-url], [data-sheet] [data-nested-url]");
    if (!opener) return stayHere(event.target.closest("[data-sheet] a[href]"));
    if (event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
    event.preventDefault();
    const { sheetUrl, nestedUrl, sheetSize = "" } = opener.dataset;
    return this.open(sheetUrl ?? nestedUrl, { size: sheetSize });
  }

  #arrived() {
    clearTimeout(this.#waiting);
    const first = $("[autofocus], [data-write]", this.#place) ?? $$("input, select, textarea, button", this.#place).find((node) => node.offsetParent);
    (first ?? this.#place).focus({ preventScroll: true });
  }

  #done({ say, refresh = [], go }) {
    if (this.#dialog.open) this.#dialog.close();
    this.#tell({ say, refresh });
    if (go) location.assign(go);
  }

  #tell({ say, refresh = [] }) {
    if (say) this.#options.toasts.say(say);
    this.#refresh(refresh);
  }

  /** The answer to a form whose sheet was closed meanwhile says what became of it, and touches no other sheet. */
  #leaves(form) {
    hold(form, {
      onLate: (event) => {
        event.preventDefault();
        const { events, problem } = wordsOf(event.detail.xhr);
        for (const [type, detail] of events) {
          if (type === "desk:done") this.#tell(detail);
          else document.body.dispatchEvent(new CustomEvent(type, { detail }));
        }
        if (problem) this.#options.toasts.error(problem);
      },
    });
  }

  #refresh(codes) {
    for (const node of $$("[data-refresh]")) {
      if (node.dataset.refresh.split(" ").some((code) => codes.includes(code))) globalThis.htmx.trigger(node, "refresh");
    }
    this.#options.onRefresh?.(codes);
  }

  /** A sheet that did not come is closed; a form that could not be sent stays as it was written. */
  #failed({ detail }) {
    clearTimeout(this.#waiting);
    if (detail.elt === this.#place && this.#dialog.open) this.#dialog.close();
    if (detail.xhr.status !== SIGNED_OUT && !isPoll(detail.elt)) this.#options.toasts.error(problemText(detail.xhr));
  }
}

/** A link in a sheet opens beside it: what lies below, a chat perhaps, stays. */
function stayHere(link) {
  if (link && !link.target) link.target = "_blank";
}
