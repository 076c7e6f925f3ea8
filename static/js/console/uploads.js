// static/js/console/uploads.js – files on their way into a chat: uploaded first, named by the message afterwards.
import { $, icon, piece, setText } from "./dom.js";
import { fileSize } from "./format.js";
import { fill, gettext } from "./i18n.js";

/** Options: api, maxBytes. The tray belongs to one chat at a time; each chat keeps its own files. */
export class Uploads {
  #options; #tray = $("[data-tray]"); #files = new Map(); #next = 1;
  id = null;
  onChange = () => {}; // (chat)

  constructor(options) {
    this.#options = options;
    this.#tray.addEventListener("click", ({ target }) => this.#clicked(target));
  }

  isBusy(id = this.id) {
    return this.#of(id).some(({ state }) => state === "uploading");
  }

  hasFailed(id) {
    return this.#of(id).some(({ state }) => state === "failed");
  }

  /** Payloads of the finished ones. */
  ready(id = this.id) {
    return this.#of(id).filter(({ state }) => state === "done").map(({ payload }) => payload);
  }

  open(id) {
    this.id = id;
    this.#render();
  }

  add(files) {
    for (const file of files) this.#start({ key: this.#next++, chat: this.id, file, face: faceOf(file) });
  }

  clear(id) {
    for (const item of this.#of(id)) if (item.state === "done") this.#drop(item);
    this.#changed(id);
  }

  #of(id) {
    return [...this.#files.values()].filter(({ chat }) => chat === id);
  }

  #start(item) {
    if (item.file.size > this.#options.maxBytes) {
      this.#set(item, { state: "failed", final: true, error: fill(gettext("Larger than %(size)s"), { size: fileSize(this.#options.maxBytes) }) });
      return;
    }
    const { promise, abort } = this.#options.api.upload(`sessions/${item.chat}/uploads/`, item.file, (part) => this.#set(item, { part }));
    this.#set(item, { state: "uploading", part: 0, error: "", abort });
    promise.then(
      (answer) => this.#set(item, { state: "done", payload: payloadOf(answer) }),
      (error) => this.#files.has(item.key) && this.#set(item, { state: "failed", final: error.status === 400 || error.status === 413, error: error.message }),
    );
  }

  #set(item, fields) {
    Object.assign(item, fields);
    this.#files.set(item.key, item);
    this.#changed(item.chat);
  }

  #changed(id) {
    if (id === this.id) this.#render();
    else this.onChange(id);
  }

  #drop(item) {
    item.abort?.();
    if (item.face) URL.revokeObjectURL(item.face);
    this.#files.delete(item.key);
  }

  #clicked(target) {
    const item = this.#files.get(Number(target.closest("[data-upload]")?.dataset.upload));
    if (!item) return;
    if (target.closest("[data-retry]")) this.#start(item);
    if (target.closest("[data-remove]")) {
      this.#drop(item);
      this.#render();
    }
  }

  #render() {
    const known = new Map([...this.#tray.children].map((node) => [Number(node.dataset.upload), node]));
    this.#tray.replaceChildren(...this.#of(this.id).map((item) => this.#fill(known.get(item.key) ?? nodeFor(item), item)));
    this.onChange(this.id);
  }

  #fill(node, { state, part, error, final }) {
    const bar = $("[data-bar]", node);
    bar.value = state === "done" ? 100 : Math.round((part ?? 0) * 100);
    bar.hidden = state === "failed";
    setText($("[data-problem]", node), error ?? "");
    $("[data-problem]", node).hidden = state !== "failed";
    $("[data-retry]", node).hidden = state !== "failed" || final;
    return node;
  }
}

function nodeFor({ key, file, face }) {
  const node = piece("upload");
  node.dataset.upload = key;
  setText($("[data-name]", node), file.name || gettext("Pasted image"));
  if (face) {
    const image = new Image();
    image.src = face;
    image.alt = "";
    $("[data-face]", node).append(image);
  } else $("[data-face]", node).append(icon("file"));
  return node;
}

function faceOf(file) {
  return file.type.startsWith("image/") ? URL.createObjectURL(file) : "";
}

function payloadOf({ id, name, mime, size, width, height, url }) {
  return { attachment: id, name, mime, size, width, height, url };
}

/** Paste into `field`, drop on `zone`, choose with `button`: all end in `add(files)`. */
export function listenForFiles({ field, zone, input, button, add }) {
  field.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    add(files);
  });
  for (const type of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(type, (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      zone.toggleAttribute("data-dropping", type === "dragover");
      if (type === "drop") add([...event.dataTransfer.files]);
    });
  }
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
}
