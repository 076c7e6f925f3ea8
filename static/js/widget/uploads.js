// static/js/widget/uploads.js – pictures and files on their way: upload first, then a message that refers to them.

/**
 * Options: upload(file, onProgress) → {id, …}, limits() → {max_bytes, types}, onDone(upload, attachment), onChange(),
 * memory.
 * Entries look like outbox entries, so the thread shows both alike; state: uploading | failed.
 */
export class Uploads {
  #options; #entries = new Map();
  previews = new Map(); // attachment id → {url, width, height, name}: what we show of our own files meanwhile

  constructor(options) {
    this.#options = options;
    addEventListener("pagehide", () => options.memory.set("lost", this.entries().map(lostOf)));
  }

  /** A page takes its files with it when it goes: the next one says so. */
  recover() {
    for (const entry of this.#options.memory.get("lost") ?? []) this.#entries.set(entry.ref, entry);
    this.#options.memory.set("lost", null);
  }

  entries() {
    return [...this.#entries.values()];
  }

  async add(file) {
    const ref = `upload-${Math.random().toString(36).slice(2)}`;
    const image = file.type.startsWith("image/");
    const local = { url: URL.createObjectURL(file), name: file.name || "image.png", size: file.size, mime: file.type };
    const entry = { ref, file, kind: image ? "image" : "file", payload: local, at: Date.now(), progress: 0 };
    if (image) Object.assign(local, await sizeOf(local.url));
    this.#entries.set(ref, entry);
    await this.#start(entry);
  }

  resend(ref) {
    const entry = this.#entries.get(ref);
    if (entry) this.#start(entry);
    return Boolean(entry);
  }

  remove(ref) {
    const known = this.#entries.delete(ref);
    if (known) this.#options.onChange();
    return known;
  }

  /** What is under way arrives nowhere. */
  clear() {
    this.#entries.clear();
    this.#options.onChange();
  }

  async #start(entry) {
    const refused = this.#refusal(entry);
    this.#set(entry, refused ? { state: "failed", ...refused } : { state: "uploading", code: null, progress: 0 });
    if (refused) return;
    try {
      const attachment = await this.#options.upload(entry.file, (progress) => this.#set(entry, { progress }));
      this.#done(entry, attachment);
    } catch (error) {
      const final = error.code === "too_large" || error.code === "upload_refused";
      this.#set(entry, { state: "failed", code: final ? `upload_${error.code}`.replace("upload_upload", "upload") : "upload_failed", final });
    }
  }

  #done(entry, attachment) {
    if (!this.#entries.delete(entry.ref)) return; // deleted meanwhile
    this.previews.set(attachment.id, entry.payload);
    this.#options.onDone(entry, attachment);
  }

  #refusal({ file }) {
    const { max_bytes: limit = Infinity, types } = this.#options.limits();
    if (file.size > limit) return { code: "upload_too_large", final: true };
    if (types && file.type && !types.includes(file.type)) return { code: "upload_refused", final: true };
    return null;
  }

  #set(entry, changes) {
    Object.assign(entry, changes);
    if (this.#entries.has(entry.ref)) this.#options.onChange();
  }
}

function lostOf({ ref, at, payload: { name } }) {
  return { ref, at, kind: "file", payload: { name }, state: "failed", code: "upload_failed", final: true };
}

function sizeOf(url) {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve({});
    image.src = url;
  });
}
