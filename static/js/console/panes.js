// static/js/console/panes.js – columns that fold on wide screens, and one column at a time on narrow ones.
import { $, setAttribute } from "./dom.js";

const FOLDED = "helpdesk.console.columns";
const NARROW = matchMedia("(max-width: 899px)");

export class Panes {
  #root = $("[data-desk]"); #folded = JSON.parse(localStorage.getItem(FOLDED) ?? "{}");

  constructor() {
    this.#paint();
  }

  get narrow() {
    return NARROW.matches;
  }

  get pane() {
    return this.#root.dataset.pane;
  }

  /** On narrow screens: list, chat or context. */
  show(pane) {
    this.#root.dataset.pane = pane;
  }

  /** Fold or unfold "list" or "context"; on a narrow screen go there or back. */
  toggle(name) {
    if (this.narrow) return this.show(this.pane === name ? "chat" : name);
    this.#folded[name] = !this.#folded[name];
    localStorage.setItem(FOLDED, JSON.stringify(this.#folded));
    return this.#paint();
  }

  /** Make "list" or "context" be seen. */
  reveal(name) {
    if (this.narrow) this.show(name);
    else if (this.#folded[name]) this.toggle(name);
  }

  #paint() {
    for (const name of ["list", "context"]) setAttribute(this.#root, `data-${name}`, this.#folded[name] && "folded");
  }
}
