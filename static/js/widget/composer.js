// static/js/widget/composer.js – the field to write in: Enter sends, pictures come by button, paste and drop.

const TALLEST = 132; // px; then it scrolls

/** Options: form, field, picker (file input), dropZone, draft {get, set}, onText(body), onFiles([file]), onTyping(body). */
export class Composer {
  #o;

  constructor(options) {
    this.#o = options;
    const { form, field, picker, dropZone } = options;
    field.value = options.draft.get() ?? "";
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(); });
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("input", () => this.#input());
    addEventListener("pagehide", () => field.value && options.draft.set(field.value)); // another tab may have sent its own
    field.addEventListener("paste", (event) => this.#take(event, event.clipboardData));
    picker.addEventListener("change", () => { this.#o.onFiles([...picker.files]); picker.value = ""; });
    this.#acceptDrops(dropZone);
    this.#fit();
  }

  focus() {
    this.#o.field.focus();
  }

  clear() {
    this.#o.field.value = "";
    this.#o.draft.set(null);
    this.#fit();
  }

  /** A key that ends an input method's composition (Chinese!) is not ours. */
  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#send();
  }

  #send() {
    const body = this.#o.field.value.trim();
    if (!body) return;
    this.clear();
    this.#o.onText(body);
  }

  #input() {
    this.#fit();
    this.#o.draft.set(this.#o.field.value || null);
    this.#o.onTyping(this.#o.field.value.trim());
  }

  #fit() {
    const { field } = this.#o;
    field.style.height = "auto";
    if (field.scrollHeight) field.style.height = `${Math.min(TALLEST, field.scrollHeight + 2)}px`;
  }

  #take(event, transfer) {
    const files = [...(transfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.#o.onFiles(files);
  }

  #acceptDrops(zone) {
    const mark = (on) => zone.toggleAttribute("data-drop", on);
    zone.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      mark(true);
    });
    zone.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || mark(false));
    zone.addEventListener("drop", (event) => { mark(false); this.#take(event, event.dataTransfer); });
  }
}
