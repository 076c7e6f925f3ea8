// static/js/console/thread.js – the message log on the screen: keeps its place, loads older pages, says what is new.
import { $, patchKeyed, setText } from "./dom.js";
import { fill, gettext, ngettext } from "./i18n.js";
import { createItem, updateItem } from "./turns.js";

const NEAR = 60; // px from the end that still count as "at the end"
const FAR = 800;
const PRELOAD = 400;

/** Options: reader, onSeen() (the end is on the screen), loadOlder() → Promise, onAction({resend | remove: ref, recall: seq}), onZoom(url). */
export class Thread {
  #options; #scroller; #list; #stick = true; #unseen = 0; #loading = false;

  constructor(options) {
    this.#options = options;
    this.#scroller = $("[data-thread]");
    this.#list = $("[data-turns]");
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    $("[data-jump]").addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.#stick && this.#toEnd()).observe(this.#scroller);
  }

  get atEnd() {
    return this.#stick;
  }

  /** Empty it for another chat. */
  clear({ loading }) {
    this.#list.replaceChildren();
    this.#stick = true;
    this.#unseen = 0;
    $("[data-thread-skeleton]").hidden = !loading;
    $("[data-older]").hidden = true;
    this.#showJump();
  }

  /** Show `items`; whoever reads further up keeps their line where it is. */
  render(items, { hasOlder }) {
    $("[data-thread-skeleton]").hidden = true;
    $("[data-older]").hidden = !hasOlder;
    const anchor = this.#stick ? null : this.#anchor();
    patchKeyed(this.#list, items, { key: ({ key }) => key, create: createItem, update: (node, item) => updateItem(node, item, this.#options.reader) });
    if (anchor) this.#scroller.scrollTop += anchor.node.getBoundingClientRect().top - anchor.top;
    else this.#toEnd();
    this.#seen();
    this.#loadIfNear(hasOlder);
  }

  /** Others wrote `count` messages. */
  news(count) {
    if (this.#stick) return;
    this.#unseen += count;
    this.#showJump();
  }

  toEnd() {
    this.#stick = true;
    this.#toEnd();
    this.#seen();
  }

  /** Show the message after `seq`. */
  show(seq) {
    const node = [...this.#list.querySelectorAll("[data-seq]")].find((turn) => Number(turn.dataset.seq) > seq);
    node?.scrollIntoView({ block: "center" });
  }

  scrollBy(pages) {
    this.#scroller.scrollBy({ top: pages * this.#scroller.clientHeight * 0.85 });
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #distance() {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
  }

  #anchor() {
    const edge = this.#scroller.getBoundingClientRect().top;
    const node = [...this.#list.children].find((child) => child.getBoundingClientRect().bottom > edge);
    return node && { node, top: node.getBoundingClientRect().top };
  }

  #scrolled() {
    this.#stick = this.#distance() < NEAR;
    if (this.#stick) this.#unseen = 0;
    this.#showJump();
    this.#seen();
    this.#loadIfNear(!$("[data-older]").hidden);
  }

  #seen() {
    if (this.#stick) this.#options.onSeen();
  }

  async #loadIfNear(hasOlder) {
    if (!hasOlder || this.#loading || this.#scroller.scrollTop > PRELOAD) return;
    this.#loading = true;
    await this.#options.loadOlder().catch(() => 0);
    this.#loading = false;
  }

  #showJump() {
    const jump = $("[data-jump]");
    jump.hidden = this.#stick || (!this.#unseen && this.#distance() < FAR);
    const count = this.#unseen;
    const text = count ? fill(ngettext("%(count)s new message", "%(count)s new messages", count), { count }) : gettext("Latest");
    setText($("[data-jump-text]"), text);
  }

  #clicked({ target }) {
    const { resend, delete: remove, zoom, recall } = target.closest("[data-resend], [data-delete], [data-zoom], [data-recall]")?.dataset ?? {};
    if (resend) this.#options.onAction({ resend });
    else if (remove) this.#options.onAction({ remove });
    else if (recall) this.#options.onAction({ recall: Number(recall) });
    else if (zoom) this.#options.onZoom(zoom);
  }
}
