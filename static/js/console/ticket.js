// static/js/console/ticket.js – a ticket on the screen, as a page or in a sheet: its composer, its place in the thread.
import { Canned, textSources } from "./canned.js";
import { $, $$ } from "./dom.js";
import { TicketComposer } from "./ticket-composer.js";

const NEAR = 80; // px from the end that still count as "at the end"

/** Bring tickets to life wherever they appear. Options: api, me, sopsUrl. */
export function startTickets(options) {
  const begin = () => $$("[data-ticket]:not([data-started])").forEach((node) => new TicketOnScreen(node, options));
  document.addEventListener("htmx:load", begin);
  begin();
}

class TicketOnScreen {
  #node; #scroll; #atEnd = true;

  constructor(node, { api, me, sopsUrl }) {
    this.#node = node;
    this.#scroll = $("[data-ticket-scroll]", node);
    const form = $("[data-ticket-composer]", node);
    node.dataset.started = "";
    this.#follow();
    if (form) this.#compose(form, me, textSources({ api, sopsUrl }));
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

  #compose(form, me, sources) {
    const { field } = new TicketComposer(form, {
      key: `helpdesk.ticket.${me.id}.${this.#node.dataset.ticket}`,
      onWritten: () => { this.#atEnd = true; },
      onNews: () => globalThis.htmx.trigger($("[data-ticket-news]", this.#node), "news"),
    });
    new Canned({
      field, popup: $("[data-canned]", form), sources,
      names: () => ({ customer: this.#node.dataset.customer, agent: me.name }),
      lang: () => this.#node.dataset.locale,
    });
  }
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
