// static/js/console/cards.js – the right column: cards that the server renders, each loaded by itself, folded by choice.
import { $, $$, debounce, setAttribute } from "./dom.js";
import { gettext } from "./i18n.js";
import { forget, load } from "./parts.js";

const FOLDED = "helpdesk.console.cards";

/** Options: chatUrl(id), composer, dialogs, toasts, api. */
export class Cards {
  #options; #id = null; #known = ""; #skeleton = $("[data-card-body]").firstElementChild.cloneNode(true); #folded = new Set(JSON.parse(localStorage.getItem(FOLDED) ?? "[]"));
  #suggest = debounce(() => this.#isSearching() || this.#load("faqs"), 500);
  #customer = debounce(() => this.#load("customer"), 500);

  constructor(options) {
    this.#options = options;
    for (const card of $$("[data-card]")) this.#paint(card);
    $("[data-cards]").addEventListener("click", (event) => this.#clicked(event));
  }

  /** The cards of the chat `id`; null: none is open, or the next one is not here yet. */
  open(id) {
    this.#id = id;
    this.#known = "";
    for (const card of $$("[data-card]")) {
      const body = $("[data-card-body]", card);
      forget(body);
      body.replaceChildren(this.#skeleton.cloneNode(true)); // nobody sees another customer's data
      this.#load(card.dataset.card);
    }
  }

  customerWrote() {
    this.#suggest();
  }

  /** Presence, page or contact of the customer changed: their card follows. */
  rowChanged({ id, customer, source, page_title: title }) {
    const known = JSON.stringify([customer, source, title]);
    if (id === this.#id && this.#known && known !== this.#known) this.#customer();
    this.#known = known;
  }

  /** Something in another part of the page changed what these cards show. */
  refresh(codes) {
    for (const card of $$("[data-card]")) if (codes.includes(card.dataset.card)) this.#load(card.dataset.card);
  }

  /** S: the best suggestion goes into the reply. */
  insertFirst() {
    const first = $("[data-card=faqs] [data-insert]");
    if (first) this.#insert(first);
    return Boolean(first);
  }

  /** Shift-S: the best suggestion goes to the customer as it stands. */
  sendFirst() {
    const first = $("[data-card=faqs] [data-send]");
    if (first) this.#send(first);
    return Boolean(first);
  }

  /** Unfold a card and put the caret into its search. */
  focus(name) {
    const card = $(`[data-card="${name}"]`);
    if (this.#folded.has(name)) this.#toggle(card);
    card.scrollIntoView({ block: "nearest" });
    ($("input[type=search]", card) ?? $("[data-fold-card]", card)).focus();
  }

  openTranscript(url) {
    this.#options.dialogs.open("transcript");
    load(url, "[data-transcript]");
  }

  #load(name) {
    if (!this.#id || this.#folded.has(name)) return;
    const target = `[data-card="${name}"] [data-card-body]`;
    load(`${this.#options.chatUrl(this.#id)}cards/${name}/`, target);
  }

  #clicked({ target }) {
    const fold = target.closest("[data-fold-card]");
    const insert = target.closest("[data-insert]");
    const send = target.closest("[data-send]");
    const unhelpful = target.closest("[data-not-helpful]");
    const transcript = target.closest("[data-transcript-url]");
    if (fold) this.#toggle(fold.closest("[data-card]"));
    else if (insert) this.#insert(insert);
    else if (send) this.#send(send);
    else if (unhelpful) this.#refuse(unhelpful);
    else if (transcript) this.openTranscript(transcript.dataset.transcriptUrl);
  }

  #insert(button) {
    if (this.insertText(wordsOf(button))) this.#note(button, "inserted");
  }

  #send(button) {
    const { composer, toasts } = this.#options;
    if (!composer.say(wordsOf(button))) return toasts.error(gettext("This chat takes no reply from you now."));
    this.#note(button, "sent");
    return toasts.say(gettext("Answer sent"));
  }

  #refuse(button) {
    this.#note(button, "not_helpful");
    button.disabled = true;
    setAttribute(button.closest("[data-faq]"), "data-refused", true);
    this.#options.toasts.say(gettext("Thank you, noted"));
  }

  /** What becomes of a suggestion is kept, for the next ones to be better; nothing hangs on it. */
  #note(button, verdict) {
    const { kind, key, query, score } = button.closest("[data-faq]").dataset;
    if (!kind) return;
    this.#options.api.post("suggestion-feedback/", { kind, key, verdict, query, score, context: `chat:${this.#id}` }).catch(() => {});
  }

  /** Somebody looks something up in the card: it must not change under them. */
  #isSearching() {
    return Boolean($("[data-card=faqs] input[type=search]")?.value);
  }

  /** Put ready words into the reply. */
  insertText(words) {
    const { composer, toasts } = this.#options;
    if (!composer.enabled || !words) {
      toasts.error(gettext("This chat takes no reply from you now."));
      return false;
    }
    const undo = composer.insert(words);
    toasts.say(gettext("Answer put into the reply"), { undo });
    return true;
  }

  #toggle(card) {
    const name = card.dataset.card;
    if (!this.#folded.delete(name)) this.#folded.add(name);
    localStorage.setItem(FOLDED, JSON.stringify([...this.#folded]));
    this.#paint(card);
    this.#load(name);
  }

  #paint(card) {
    const folded = this.#folded.has(card.dataset.card);
    setAttribute(card, "data-folded", folded);
    $("[data-fold-card]", card).setAttribute("aria-expanded", String(!folded));
  }
}

/** The words beside a button: of its step, else of the whole suggestion. */
function wordsOf(button) {
  return $("[data-answer]", button.closest("[data-step]") ?? button.closest("[data-faq]")).textContent.trim();
}
