// static/js/widget/memory.js – what the widget remembers between pages and visits, by inbox.
import { browserStorage } from "../chat/store.js";

/** `elsewhere(name, value)` runs when another tab changed something. */
export class Memory {
  #prefix; #storage = browserStorage(); #fallback = new Map();

  constructor(inbox, elsewhere) {
    this.#prefix = `helpdesk.${inbox}.`;
    const heard = ({ key, newValue }) => key?.startsWith(this.#prefix) && elsewhere(key.slice(this.#prefix.length), JSON.parse(newValue));
    if (elsewhere) window.addEventListener("storage", heard);
  }

  get(name) {
    const text = this.#storage ? this.#storage.getItem(this.#prefix + name) : this.#fallback.get(name);
    return text ? JSON.parse(text) : null;
  }

  /** Keep `value`; null forgets. */
  set(name, value) {
    const text = JSON.stringify(value);
    if (!this.#storage) this.#fallback.set(name, text);
    else if (value === null) this.#storage.removeItem(this.#prefix + name);
    else this.#storage.setItem(this.#prefix + name, text);
  }
}
