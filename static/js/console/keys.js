// static/js/console/keys.js – keyboard shortcuts of the page. Single letters never fire while somebody writes.
import { isTyping } from "./dom.js";

/** `actions` by name: {j, k, a, r, n, t, e, f, s, shift_s, g_c, help, search, list, context, commands, escape, up, down}. */
export class Keys {
  #actions; #blocked; #other; #prefix = "";

  /** `other(name)` takes keys without an action and says whether it did. */
  constructor(actions, { blocked, other = () => false }) {
    this.#other = other;
    this.#actions = actions;
    this.#blocked = blocked;
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event) {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return this.#do("commands", event);
    if (event.key === "Escape" && !this.#blocked()) return this.#do("escape", event);
    if (event.ctrlKey || event.metaKey || event.altKey || this.#blocked() || isTyping(event.target)) return;
    this.#single(event);
  }

  #single(event) {
    const letter = event.key.toLowerCase();
    const key = event.shiftKey && Object.hasOwn(this.#actions, `shift_${letter}`) ? `shift_${letter}` : letter;
    const name = this.#prefix + ({ "?": "help", "/": "search", "[": "list", "]": "context", pageup: "up", pagedown: "down" }[key] ?? key);
    this.#prefix = key === "g" && !this.#prefix ? "g_" : "";
    if (this.#prefix) setTimeout(() => (this.#prefix = ""), 1000);
    else this.#do(name, event);
  }

  #do(name, event) {
    const action = Object.hasOwn(this.#actions, name) ? this.#actions[name] : () => this.#other(name);
    if (action() !== false) event.preventDefault();
  }
}
