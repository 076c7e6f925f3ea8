// static/js/console/offers.js – chats offered to this agent: a card with a countdown, and the page's title to notice it.
import { $, piece, setText } from "./dom.js";
import { fill, gettext } from "./i18n.js";

const FLASH = 1_000; // ms

/** Options: desk, api, toasts, onAccepted(sessionId, time of the press on the page's clock). */
export class Offers {
  #options; #root = $("[data-offers]"); #offers = new Map(); #title = document.title; #flashing = false;

  constructor(options) {
    this.#options = options;
    options.desk.on("offer", (frame) => this.#add(frame));
    options.desk.on("offer_ended", ({ offer, outcome }) => this.#ended(offer, outcome));
    setInterval(() => this.#tick(), FLASH);
    this.#root.addEventListener("click", ({ target }) => this.#clicked(target));
  }

  get first() {
    return this.#offers.keys().next().value;
  }

  async accept(id = this.first) {
    const offer = this.#offers.get(id);
    if (!offer || offer.busy) return;
    offer.busy = true;
    const pressed = performance.now();
    try {
      await this.#options.api.post(`offers/${id}/accept/`);
      this.#remove(id);
      await this.#options.onAccepted(offer.session, pressed);
    } catch (error) {
      offer.busy = false;
      if (error.status >= 400) this.#remove(id);
      this.#options.toasts.error(error.message);
    }
  }

  async decline(id = this.first) {
    if (!this.#offers.has(id)) return;
    this.#remove(id);
    await this.#options.api.post(`offers/${id}/decline/`).catch((error) => this.#options.toasts.error(error.message));
  }

  #add(frame) {
    if (this.#offers.has(frame.offer)) return;
    const node = piece("offer");
    node.dataset.offer = frame.offer;
    setText($("[data-offer-title]", node), fill(gettext("New chat · %(queue)s"), { queue: frame.queue?.name ?? frame.queue }));
    const words = [frame.customer?.name, frame.preview].filter(Boolean).join(": ");
    setText($("[data-offer-text]", node), words);
    setText($("[data-offer-why]", node), whyText(frame.why));
    this.#offers.set(frame.offer, { ...frame, node, whole: new Date(frame.expires_at) - this.#options.desk.now() });
    this.#root.append(node);
    this.#tick();
  }

  #ended(id, outcome) {
    const offer = this.#offers.get(id);
    if (!offer) return;
    this.#remove(id);
    if (outcome === "expired" && !offer.busy) this.#options.toasts.say(gettext("The chat was offered to a colleague: there was no answer in time."));
  }

  #remove(id) {
    this.#offers.get(id)?.node.remove();
    this.#offers.delete(id);
    this.#flash();
  }

  #tick() {
    const now = this.#options.desk.now();
    for (const [id, { node, expires_at: expiresAt, whole }] of this.#offers) {
      const left = new Date(expiresAt) - now;
      if (left < -3_000) this.#remove(id);
      setText($("[data-offer-clock]", node), fill(gettext("%(seconds)s s"), { seconds: Math.max(0, Math.ceil(left / 1000)) }));
      $("[data-offer-bar]", node).value = Math.max(0, (100 * left) / whole);
    }
    this.#flash();
  }

  /** No sound: the title calls, in turn with the page's own. */
  #flash() {
    if (!this.#offers.size) {
      if (this.#flashing) document.title = this.#title;
      this.#flashing = false;
      return;
    }
    if (!this.#flashing) this.#title = document.title;
    this.#flashing = true;
    const [{ queue }] = this.#offers.values();
    const call = `● ${fill(gettext("New chat · %(queue)s"), { queue: queue?.name ?? queue })}`;
    document.title = document.title === call ? this.#title : call;
  }

  #clicked(target) {
    const id = target.closest("[data-offer]")?.dataset.offer;
    if (target.closest("[data-offer-accept]")) this.accept(id);
    if (target.closest("[data-offer-decline]")) this.decline(id);
  }
}

/** Why this agent: what routing wrote down, in one line. */
export function whyText(why) {
  if (!why || typeof why === "string") return why ?? "";
  const { method, allocation = method, rule, sticky } = why;
  const words = {
    least_busy: gettext("You have the fewest chats"),
    round_robin: gettext("It is your turn"),
    longest_idle: gettext("You have been free the longest"),
    preferred: gettext("You know this customer"),
  }[sticky ? "preferred" : allocation];
  return [words, rule && fill(gettext("rule “%(rule)s”"), { rule: rule.name ?? rule })].filter(Boolean).join(" · ");
}
