// static/js/console/ticket-composer.js – where one writes to a ticket: reply and note apart, each with its draft and its files.
import { browserEnv } from "../chat/env.js";
import { $, $$, setText } from "./dom.js";

/** Options: key (of the drafts), onWritten(), onNews(). */
export class TicketComposer {
  #form; #text; #picker; #status; #options; #files = {}; #sent = null;

  constructor(form, options) {
    this.#form = form;
    this.#options = options;
    this.#text = $("[name=body]", form);
    this.#picker = $("[data-files]", form);
    this.#status = $("[name=status]", form);
    this.#files[this.#mode] = without(this.#picker.files, []);
    if (this.#text.value) this.#keep(); // written before the scripts came
    this.#show(this.#mode);
    this.#listen();
  }

  get field() {
    return this.#text;
  }

  get #mode() {
    return this.#form.dataset.mode;
  }

  #listen() {
    const form = this.#form;
    form.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-ticket-mode]");
      if (button) this.#change(button.dataset.ticketMode);
    });
    this.#text.addEventListener("input", () => this.#keep());
    this.#text.addEventListener("keydown", (event) => this.#keyed(event));
    this.#picker.addEventListener("change", () => this.#listFiles());
    form.addEventListener("htmx:configRequest", ({ detail }) => this.#leaves(detail.parameters));
    form.addEventListener("ticket:written", ({ detail }) => this.#written(detail));
    form.addEventListener("ticket:news", () => this.#options.onNews());
  }

  #change(mode) {
    this.#keep();
    this.#files[this.#mode] = without(this.#picker.files, []);
    this.#show(mode);
    this.#text.focus();
  }

  #show(mode) {
    const form = this.#form;
    form.dataset.mode = mode;
    $("[data-mode-value]", form).value = mode;
    this.#text.placeholder = mode === "note" ? this.#text.dataset.noteHint : this.#text.dataset.replyHint;
    this.#text.value = this.#draft(mode);
    this.#setFiles(this.#files[mode] ?? without([], []));
    for (const button of $$("[data-ticket-mode]", form)) button.setAttribute("aria-checked", String(button.dataset.ticketMode === mode));
    $("[data-reply-only]", form).hidden = mode === "note";
    const send = $("[data-send-text]", form);
    setText(send, mode === "note" ? send.dataset.note : send.dataset.reply);
    this.#complain("");
  }

  #draft(mode) {
    return localStorage.getItem(`${this.#options.key}.${mode}`) ?? "";
  }

  #keep(mode = this.#mode, text = this.#text.value) {
    const key = `${this.#options.key}.${mode}`;
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  }

  #keyed(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #setFiles(files) {
    this.#picker.files = files;
    this.#listFiles();
  }

  #listFiles() {
    const names = [...this.#picker.files].map(({ name }) => {
      const line = document.createElement("li");
      line.textContent = name;
      return line;
    });
    $("[data-tray]", this.#form).replaceChildren(...names);
  }

  /** The same again after a lost answer has the ref that it had; anything else is another message. */
  #leaves(parameters) {
    const now = { mode: this.#mode, text: this.#text.value, files: [...this.#picker.files], status: this.#status.value };
    if (this.#sent && !isSame(this.#sent, now)) this.#setRef(browserEnv.uuid());
    parameters.ref = $("[name=ref]", this.#form).value;
    this.#sent = now;
  }

  #setRef(ref) {
    $("[name=ref]", this.#form).value = ref;
  }

  /** What was sent leaves the mode that it was written in; what came meanwhile stays. */
  #written({ ref }) {
    const { mode, text, files, status } = this.#sent;
    this.#sent = null;
    this.#setRef(ref);
    this.#keep(mode, restOf(this.#draft(mode), text));
    if (mode === this.#mode) {
      this.#text.value = restOf(this.#text.value, text);
      this.#setFiles(without(this.#picker.files, files));
    } else this.#files[mode] = without(this.#files[mode] ?? [], files);
    this.#keep();
    if (this.#status.value === status) this.#status.value = "";
    this.#complain("");
    this.#options.onWritten();
  }

  #complain(words) {
    setText($("[data-error]", this.#form), words);
  }
}

function isSame(one, other) {
  const sameFiles = one.files.length === other.files.length && one.files.every((file, index) => file === other.files[index]);
  return one.mode === other.mode && one.text === other.text && sameFiles;
}

/** What was added while the answer travelled. */
function restOf(text, sent) {
  return text.startsWith(sent) ? text.slice(sent.length).trimStart() : text;
}

function without(files, sent) {
  const rest = new DataTransfer();
  for (const file of files) if (!sent.includes(file)) rest.items.add(file);
  return rest.files;
}
