// static/js/console/toasts.js – short words in the corner, with a way back where there is one.
import { $, $$, piece, setText } from "./dom.js";
import { gettext } from "./i18n.js";

const STAYS = 6_000; // ms
const MOST = 4;

export class Toasts {
  #root = $("[data-toasts]");

  constructor() {
    document.addEventListener("close", () => this.#place(), true);
  }

  /** `undo` makes a button of it; `stays` until somebody presses it. */
  say(text, { undo, action, label, stays = false } = {}) {
    const node = piece("toast");
    setText($("[data-toast-text]", node), text);
    const press = undo ?? action;
    if (press) this.#button($("[data-toast-action]", node), label ?? gettext("Undo"), () => (node.remove(), press()));
    this.#show(node, stays);
    return node;
  }

  /** `stays` until it is removed. */
  error(text, { stays = false } = {}) {
    const node = piece("toast");
    node.classList.add("toast--red");
    node.setAttribute("role", "alert");
    setText($("[data-toast-text]", node), text);
    this.#show(node, stays);
    return node;
  }

  #button(button, label, press) {
    setText(button, label);
    button.hidden = false;
    button.addEventListener("click", press);
  }

  /** In the dialog that is open: all else lies behind its backdrop, and cannot be pressed. */
  #place() {
    const home = $$("dialog:modal").at(-1) ?? document.body;
    if (this.#root.parentElement !== home) home.append(this.#root);
  }

  #show(node, stays = false) {
    this.#place();
    this.#root.append(node);
    while (this.#root.children.length > MOST) this.#root.firstElementChild.remove();
    const leave = () => setTimeout(() => (node.matches(":hover, :focus-within") ? leave() : node.remove()), STAYS);
    if (!stays) leave();
  }
}
