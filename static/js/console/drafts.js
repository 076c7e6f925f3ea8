// static/js/console/drafts.js – what an agent has begun to write: one draft per agent, chat and mode, kept in the browser.
import { browserStorage } from "../chat/store.js";

const KEEP = 14 * 24 * 3600_000; // ms; an older draft answers nobody any more

export class Drafts {
  #prefix; #storage; #now;

  constructor(user, storage = browserStorage(), now = Date.now) {
    this.#prefix = `helpdesk.draft.${user}.`;
    this.#storage = storage ?? new Map();
    this.#now = now;
    this.#forgetOld();
  }

  /** {text, since}: `since` is the last seq the agent knew when they began. */
  get(chat, mode) {
    return this.#read(this.#key(chat, mode)) ?? { text: "", since: null };
  }

  put(chat, mode, { text, since }) {
    const key = this.#key(chat, mode);
    if (!text.trim()) return this.#remove(key);
    return this.#write(key, JSON.stringify({ text, since, at: this.#now() }));
  }

  drop(chat, mode) {
    this.#remove(this.#key(chat, mode));
  }

  /** Whether anything is begun in the chat. */
  has(chat) {
    return Boolean(this.get(chat, "reply").text || this.get(chat, "note").text);
  }

  #key(chat, mode) {
    return `${this.#prefix}${chat}.${mode}`;
  }

  #read(key) {
    try {
      const text = this.#storage.getItem ? this.#storage.getItem(key) : this.#storage.get(key);
      return text ? JSON.parse(text) : null;
    } catch {
      return null;
    }
  }

  #write(key, text) {
    try {
      if (this.#storage.setItem) this.#storage.setItem(key, text);
      else this.#storage.set(key, text);
    } catch {
      // the quota is used up: the text still stands in the field
    }
  }

  #remove(key) {
    if (this.#storage.removeItem) this.#storage.removeItem(key);
    else this.#storage.delete(key);
  }

  #forgetOld() {
    const keys = this.#storage.getItem
      ? Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index))
      : [...this.#storage.keys()];
    for (const key of keys) {
      if (key?.startsWith(this.#prefix) && (this.#read(key)?.at ?? 0) < this.#now() - KEEP) this.#remove(key);
    }
  }
}
