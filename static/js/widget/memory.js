// static/js/widget/memory.js – what the widget remembers between pages and visits, by inbox.
import { browserStorage } from "../chat/store.js";

export class Memory {
  #prefix; #storage = browserStorage(); #fallback = new Map();

  constructor(inbox) {
    this.#prefix = `helpdesk.${inbox}.`;
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

/** Names this tab, also after a reload, so that it finds its own unsent messages again. */
export function tabId() {
  const storage = browserStorage("sessionStorage");
  const id = storage?.getItem("helpdesk.tab") ?? Math.random().toString(36).slice(2);
  storage?.setItem("helpdesk.tab", id);
  return id;
}
