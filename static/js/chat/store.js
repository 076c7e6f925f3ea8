// static/js/chat/store.js – where unsent messages survive a reload: one localStorage key an entry, shared by all tabs.

/** The browser's storage of that kind, or null where it is forbidden (blocked third-party storage throws on access). */
export function browserStorage(kind = "localStorage") {
  try {
    const storage = window[kind];
    storage.setItem("helpdesk.probe", "1");
    storage.removeItem("helpdesk.probe");
    return storage;
  } catch {
    return null;
  }
}

/** Names this tab, also after a reload, so that it finds its own unsent messages again. */
export function tabId() {
  const storage = browserStorage("sessionStorage");
  const id = storage?.getItem("helpdesk.tab") ?? Math.random().toString(36).slice(2);
  storage?.setItem("helpdesk.tab", id);
  return id;
}

/** Entries by ref. Falls back to memory, so callers never care. `onChange` runs when another tab wrote. */
export class EntryStore {
  #prefix; #storage; #memory = new Map();

  constructor(prefix, storage = browserStorage()) {
    this.#prefix = `${prefix}.`;
    this.#storage = storage;
  }

  all() {
    if (!this.#storage) return [...this.#memory.values()];
    const keys = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index));
    return keys.filter((key) => key?.startsWith(this.#prefix)).map((key) => parse(this.#storage.getItem(key))).filter(Boolean);
  }

  get(ref) {
    return this.#storage ? parse(this.#storage.getItem(this.#prefix + ref)) : this.#memory.get(ref);
  }

  put(entry) {
    try {
      if (this.#storage) return this.#storage.setItem(this.#prefix + entry.ref, JSON.stringify(entry));
    } catch {
      this.#moveToMemory(); // the quota is used up
    }
    return this.#memory.set(entry.ref, entry);
  }

  drop(ref) {
    this.#memory.delete(ref);
    this.#storage?.removeItem(this.#prefix + ref);
  }

  /** Run `fn` when another tab changed an entry. */
  subscribe(fn, target = window) {
    target.addEventListener("storage", ({ key }) => (key === null || key.startsWith(this.#prefix)) && fn());
  }

  #moveToMemory() {
    for (const entry of this.all()) this.#memory.set(entry.ref, entry);
    this.#storage = null;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
