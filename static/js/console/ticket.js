// static/js/console/ticket.js – a ticket on the screen, as a page or in a sheet: composer, drafts, its place in the thread.
import { Canned, textSources } from "./canned.js";
import { $, $$, setText } from "./dom.js";

const NEAR = 80; // px from the end that still count as "at the end"

/** Bring tickets to life wherever they appear. Options: api, me, sopsUrl. */
export function startTickets(options) {
  const begin = () => $$("[data-ticket]:not([data-started])").forEach((node) => new TicketOnScreen(node, options));
  document.addEventListener("htmx:load", begin);
  begin();
}

class TicketOnScreen {
  #node; #form; #text; #key; #scroll; #sent = {}; #atEnd = true;

  constructor(node, { api, me, sopsUrl }) {
    this.#node = node;
    this.#key = `helpdesk.ticket.${me.id}.${node.dataset.ticket}`;
    this.#scroll = $("[data-ticket-scroll]", node);
    this.#form = $("[data-ticket-composer]", node);
    node.dataset.started = "";
    this.#follow();
    if (this.#form) this.#compose(me, textSources({ api, sopsUrl }));
  }

  /** Whoever reads at the end stays there when something comes. */
  #follow() {
    const toEnd = () => { this.#scroll.scrollTop = this.#scroll.scrollHeight; };
    this.#scroll.addEventListener("scroll", () => {
      this.#atEnd = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < NEAR;
    }, { passive: true });
    document.addEventListener("htmx:oobAfterSwap", () => this.#node.isConnected && this.#atEnd && toEnd());
    toEnd();
  }

  #compose(me, sources) {
    const form = this.#form;
    this.#text = $("[name=body]", form);
    if (this.#text.value) this.#keep(); // written before the scripts came
    this.#mode(form.dataset.mode);
    form.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-ticket-mode]");
      if (button) this.setMode(button.dataset.ticketMode);
    });
    this.#text.addEventListener("input", () => this.#keep());
    this.#text.addEventListener("keydown", (event) => this.#keyed(event));
    $("[data-files]", form).addEventListener("change", () => this.#files());
    form.addEventListener("htmx:beforeRequest", () => { this.#sent = { mode: form.dataset.mode, text: this.#text.value }; });
    form.addEventListener("ticket:written", ({ detail }) => this.#written(detail));
    form.addEventListener("ticket:news", () => globalThis.htmx.trigger($("[data-ticket-news]", this.#node), "news"));
    new Canned({
      field: this.#text, popup: $("[data-canned]", form), sources,
      names: () => ({ customer: this.#node.dataset.customer, agent: me.name }),
      lang: () => this.#node.dataset.locale,
    });
  }

  setMode(mode) {
    this.#keep();
    this.#mode(mode);
    this.#text.focus();
  }

  #mode(mode) {
    const form = this.#form;
    form.dataset.mode = mode;
    $("[data-mode-value]", form).value = mode;
    this.#text.placeholder = mode === "note" ? this.#text.dataset.noteHint : this.#text.dataset.replyHint;
    this.#text.value = localStorage.getItem(`${this.#key}.${mode}`) ?? "";
    for (const button of $$("[data-ticket-mode]", form)) button.setAttribute("aria-checked", String(button.dataset.ticketMode === mode));
    $("[data-reply-only]", form).hidden = mode === "note";
    const send = $("[data-send-text]", form);
    setText(send, mode === "note" ? send.dataset.note : send.dataset.reply);
    setText($("[data-error]", form), "");
  }

  #keep(mode = this.#form.dataset.mode, text = this.#text.value) {
    const key = `${this.#key}.${mode}`;
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  }

  #keyed(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #files() {
    const names = [...$("[data-files]", this.#form).files].map(({ name }) => {
      const line = document.createElement("li");
      line.textContent = name;
      return line;
    });
    $("[data-tray]", this.#form).replaceChildren(...names);
  }

  #written({ ref }) {
    const { mode, text } = this.#sent;
    this.#keep(mode, restOf(localStorage.getItem(`${this.#key}.${mode}`) ?? "", text));
    if (mode === this.#form.dataset.mode) this.#text.value = restOf(this.#text.value, text);
    this.#keep();
    $("[name=ref]", this.#form).value = ref;
    $("[name=status]", this.#form).value = "";
    $("[data-files]", this.#form).value = "";
    $("[data-tray]", this.#form).replaceChildren();
    setText($("[data-error]", this.#form), "");
    this.#atEnd = true;
  }
}

/** What was added while the answer travelled. */
function restOf(text, sent) {
  return text.startsWith(sent) ? text.slice(sent.length).trimStart() : text;
}

/** R and N on a ticket's page. */
export function writeTo(mode) {
  const button = $(`[data-ticket-mode="${mode}"]`);
  button?.click();
  return Boolean(button);
}

/** In the dialog of a new ticket: a found customer becomes the chosen one, and back. */
export function startCustomerChoice() {
  document.addEventListener("click", ({ target }) => {
    const found = target.closest("[data-choose]");
    if (found) choose(found.closest("#ticket-customer"), found.dataset);
    const back = target.closest("[data-unchoose]");
    if (back) unchoose(back.closest("#ticket-customer"));
  });
}

function choose(place, { choose: id, name }) {
  const line = document.createElement("div");
  line.className = "chosen";
  const value = Object.assign(document.createElement("input"), { type: "hidden", name: "customer", value: id });
  const label = Object.assign(document.createElement("strong"), { className: "truncate", textContent: name });
  const back = $("[data-unchoose-text]", place).content.firstElementChild.cloneNode(true);
  line.append(value, label, back);
  place.prepend(line);
  $("[data-choosing]", place).hidden = true;
  back.focus();
}

function unchoose(place) {
  $(".chosen", place).remove();
  $("[data-choosing]", place).hidden = false;
  $("[name=q]", place).focus();
}
