// static/js/console/thread.js – the message log on the screen: keeps its place, loads older pages, says what is new.
import { $, patchKeyed, setText } from "./dom.js";
import { highlight } from "./highlight.js";
import { fill, gettext, ngettext } from "./i18n.js";
import { createItem, updateItem } from "./turns.js";

const NEAR = 60; // px from the end that still count as "at the end"
const FAR = 800;
const PRELOAD = 400;

/**
 * Options: reader, onSeen() (the end is on the screen), move("older" | "newer") → Promise, onEnd() (the newest lines are
 * wanted), onUnread() (the first unread one is), onAction({resend | remove: ref, recall: seq}), onZoom(url).
 */
export class Thread {
  #options; #scroller; #list; #stick = true; #unseen = 0; #unread = 0; #loading = false; #more = {};

  constructor(options) {
    this.#options = options;
    this.#scroller = $("[data-thread]");
    this.#list = $("[data-turns]");
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    $("[data-jump]").addEventListener("click", () => this.toEnd());
    $("[data-to-unread]").addEventListener("click", () => options.onUnread());
    new ResizeObserver(() => this.#stick && this.#toEnd()).observe(this.#scroller);
  }

  get atEnd() {
    return this.#stick;
  }

  /** Empty it for another chat. */
  clear({ loading }) {
    this.#list.replaceChildren();
    this.#stick = true;
    this.#unseen = this.#unread = 0;
    this.#more = {};
    $("[data-thread-skeleton]").hidden = !loading;
    $("[data-older]").hidden = true;
    this.#showJump();
    this.#showUnread();
  }

  /** Show `items`; whoever reads further up keeps their line where it is. */
  render(items, { hasOlder, hasNewer = false }) {
    $("[data-thread-skeleton]").hidden = true;
    $("[data-older]").hidden = !hasOlder;
    this.#more = { hasOlder, hasNewer };
    if (hasNewer) this.#stick = false;
    const anchor = this.#stick ? null : this.#anchor();
    patchKeyed(this.#list, items, { key: ({ key }) => key, create: createItem, update: (node, item) => updateItem(node, item, this.#options.reader) });
    if (anchor?.node.isConnected) this.#scroller.scrollTop += anchor.node.getBoundingClientRect().top - anchor.top;
    else if (this.#stick) this.#toEnd();
    this.#seen();
    this.#showJump();
    this.#loadIfNear();
  }

  /** `count` lines have not been read; the way to the first of them is offered until it is on the screen. */
  unread(count) {
    this.#unread = count;
    this.#showUnread();
  }

  /** Others wrote `count` messages. */
  news(count) {
    if (this.#stick) return;
    this.#unseen += count;
    this.#showJump();
  }

  toEnd() {
    this.#options.onEnd();
    this.#stick = true;
    this.#toEnd();
    this.#scrolled();
  }

  /** Bring message `seq`, or the one after it, to the middle. */
  show(seq) {
    const nodes = [...this.#list.querySelectorAll("[data-seq]")];
    const node = nodes.find((turn) => Number(turn.dataset.seq) >= seq) ?? nodes.at(-1);
    node?.scrollIntoView({ block: "center" });
    this.#scrolled();
  }

  /** Mark `words`, and the message `seq` that is looked at. */
  mark(words, seq) {
    for (const node of this.#list.querySelectorAll("[data-found]")) node.removeAttribute("data-found");
    const here = seq ? this.#list.querySelector(`[data-seq="${seq}"]`) : null;
    here?.setAttribute("data-found", "");
    highlight(this.#list, words, here);
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
    const turns = this.#list.querySelectorAll(".turn"); // the name of a day moves up when more of that day comes
    const node = [...turns].find((child) => child.getBoundingClientRect().bottom > edge);
    return node && { node, top: node.getBoundingClientRect().top };
  }

  #scrolled() {
    this.#stick = this.#distance() < NEAR && !this.#more.hasNewer;
    if (this.#stick) this.#unseen = 0;
    this.#showJump();
    this.#showUnread();
    this.#seen();
    this.#loadIfNear();
  }

  #seen() {
    if (this.#stick) this.#options.onSeen();
  }

  async #loadIfNear() {
    const up = this.#more.hasOlder && this.#scroller.scrollTop <= PRELOAD;
    const down = this.#more.hasNewer && this.#distance() <= PRELOAD;
    if (this.#loading || !(up || down)) return;
    this.#loading = true;
    const moved = await this.#options.move(up ? "older" : "newer").then(() => true, () => false);
    this.#loading = false;
    if (moved) requestAnimationFrame(() => this.#loadIfNear()); // who scrolled on meanwhile is there already
  }

  #showUnread() {
    const line = $(".new-line", this.#list);
    const edge = this.#scroller.getBoundingClientRect();
    if (line && this.#unread && line.getBoundingClientRect().bottom > edge.top) this.#unread = 0;
    const count = this.#unread;
    $("[data-to-unread]").hidden = !count;
    setText($("[data-to-unread-text]"), fill(ngettext("%(count)s unread message", "%(count)s unread messages", count), { count }));
  }

  #showJump() {
    const jump = $("[data-jump]");
    jump.hidden = this.#stick || (!this.#unseen && !this.#more.hasNewer && this.#distance() < FAR);
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
