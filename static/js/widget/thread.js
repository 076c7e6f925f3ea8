// static/js/widget/thread.js – the list of messages: one element a message, kept and changed in place by its key.
import { attribute, fill, h, link, show, text } from "./dom.js";
import { clock, dayName, fileSize, linkParts } from "./text.js";

const NEAR = 80; // px from the bottom: still reading the newest
const FAR = 800; // the way back is worth a button
const SOON = 400; // px from an edge: more is loaded
const PICTURE = 240; // px, the longer side of a preview

/** Options: list, scroller, newer (button), t, previews, part(name, place, options), parcel(id), resend(ref),
 * remove(ref), onLook(atBottom), newest() (show the end), more("older" | "newer"). */
export class Thread {
  #o; #nodes = new Map(); #last = null; #limits = {}; #view = null; #news = false;
  atBottom = true;

  constructor(options) {
    this.#o = options;
    options.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    options.newer.addEventListener("click", () => { options.newest(); this.toBottom(); });
  }

  /** Show `rows` (see rows.js) of `view`. The reader's place is kept; who reads the newest goes on reading the newest. */
  render(rows, limits, view = null) {
    this.#limits = limits;
    this.#view = view;
    const last = rows.at(-1);
    const own = last?.key !== this.#last && last?.side === "own" && !view?.hasNewer && this.#last;
    this.#news ||= last?.key !== this.#last && !this.atBottom;
    this.#last = last?.key;
    if (view?.hasNewer) this.atBottom = false;
    this.keep(() => this.#arrange(rows.map((row) => this.#update(row)), new Set(rows.map(({ key }) => key))));
    if (own) this.toBottom();
    this.#showNewer();
  }

  /** Do what changes heights. Who reads the newest goes on reading it, who reads elsewhere keeps the place. */
  keep(change) {
    const { list, scroller } = this.#o;
    const topOf = (node) => node?.getBoundingClientRect().top;
    const edge = topOf(scroller);
    const seen = [...list.querySelectorAll(".turn")].find((node) => node.getBoundingClientRect().bottom > edge); // days move
    const before = topOf(seen);
    change();
    if (this.atBottom) this.toBottom();
    else if (seen?.isConnected) scroller.scrollTop += topOf(seen) - before;
  }

  toBottom() {
    this.#o.scroller.scrollTop = this.#o.scroller.scrollHeight;
    this.#scrolled();
  }

  #scrolled() {
    this.atBottom = this.#below < NEAR && !this.#view?.hasNewer;
    if (this.atBottom) this.#news = false;
    this.#showNewer();
    this.#o.onLook(this.atBottom);
    if (this.#view?.hasOlder && this.#o.scroller.scrollTop < SOON) this.#o.more("older");
    else if (this.#view?.hasNewer && this.#below < SOON) this.#o.more("newer");
  }

  get #below() {
    const { scrollHeight, scrollTop, clientHeight } = this.#o.scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  #showNewer() {
    show(this.#o.newer, !this.atBottom && (this.#news || this.#view?.hasNewer || this.#below > FAR));
  }

  #arrange(nodes, keys) {
    for (const [key, node] of this.#nodes) {
      if (!keys.has(key)) {
        node.remove();
        this.#nodes.delete(key);
      }
    }
    nodes.forEach((node, index) => {
      if (this.#o.list.children[index] !== node) this.#o.list.insertBefore(node, this.#o.list.children[index] ?? null);
    });
  }

  #update(row) {
    const node = this.#nodes.get(row.key) ?? this.#create(row);
    if (row.type === "day") text(node, dayName(row.at, Date.now(), this.#o.t));
    else this.#turn(node, row);
    return node;
  }

  #create({ key, type }) {
    const node = type === "day" ? h("p", { class: "day" }) : h("div", { class: "turn" });
    if (type === "turn") node.append(h("p", { class: "turn__sender" }), h("div"), h("div", { class: "turn__meta", "aria-live": "off" }));
    this.#nodes.set(key, node);
    return node;
  }

  #turn(node, row) {
    const [sender, bubble, meta] = node.children;
    const { side, first, last, state, message } = row;
    for (const [key, value] of Object.entries({ side, first, last, state })) attribute(node, `data-${key}`, value);
    show(sender, side === "other" && first);
    text(sender, message.sender?.kind === "bot" ? this.#o.t("assistant") : message.sender?.name || this.#o.t("somebody"));
    fill(bubble, this.#signature(message), () => this.#content(bubble, message, side));
    this.#meta(meta, row);
  }

  /** What the bubble shows depends on these alone. The signed address of a picture changes, the picture does not. */
  #signature({ kind, body, payload, recalled }) {
    return [kind, recalled ?? "", body, payload?.attachment ?? payload?.name ?? "", payload?.event ?? ""].join("|");
  }

  #content(bubble, message, side) {
    const { kind, body, recalled } = message;
    bubble.className = side === "event" ? "" : "bubble";
    if (side === "event") return [this.#eventLine(message)];
    if (recalled) return [h("em", {}, this.#o.t("recalled"))];
    if (message.payload?.removed) return [h("em", {}, this.#o.t("removed"))];
    const payload = { ...this.#o.previews.get(message.payload?.attachment), ...message.payload };
    if (kind === "image") return this.#picture(bubble, payload, body);
    if (kind === "file") return [link(payload.url, `📎 ${payload.name ?? ""}`), ` ${payload.size ? fileSize(payload.size) : ""}`];
    if (kind !== "text") return this.#card(bubble, message);
    return linkParts(body).map((part) => (part.href ? link(part.href, part.text) : part.text));
  }

  /** A card comes with the part that draws cards; its words stand there meanwhile, or when that cannot be loaded. */
  #card(bubble, message) {
    const place = h("span", {}, message.body);
    this.#o.part("things", place, { message, parcel: this.#o.parcel }).catch(() => { delete bubble.dataset.signature; }); // next time
    return [place];
  }

  #picture(bubble, { url, name, width, height }, body) {
    const scale = Math.min(1, PICTURE / Math.max(width || PICTURE, height || PICTURE));
    const size = { width: Math.round((width || PICTURE) * scale), height: Math.round((height || PICTURE * 0.75) * scale) };
    bubble.classList.add("bubble--media");
    const image = h("img", { src: url, alt: name || this.#o.t("image"), ...size });
    const picture = link(url, image);
    picture.setAttribute("aria-label", this.#o.t("open_image", { name }));
    return [picture, ...(body ? [h("p", {}, body)] : [])];
  }

  #eventLine({ body, payload }) {
    const key = ["event", payload?.event, payload?.opens_at ? "away" : payload?.offer].filter(Boolean).join("_");
    return this.#o.t.has(key) ? this.#o.t(key, { name: payload.agent, ...payload }) : body;
  }

  #meta(meta, { side, last, state, showState, message }) {
    const percent = Math.round((message.progress ?? 0) * 100);
    const told = showState ? this.#stateWord(state, message, percent) : "";
    const time = last && side !== "event" && state !== "failed" ? clock(message.at, this.#o.t) : "";
    show(meta, told || time);
    fill(meta, [Boolean(told), time, state, message.final].join("|"), () => [
      ...(time ? [h("time", { datetime: new Date(message.at).toISOString() }, time)] : []),
      ...(told ? [h("span", {})] : []),
      ...this.#repairs(state, message),
    ]);
    if (told) text(meta.querySelector("span"), told); // a button stays where it is while the percents change
  }

  #stateWord(state, { code }, percent) {
    const { t } = this.#o;
    if (state === "uploading") return t("uploading", { percent });
    if (state !== "failed") return t(state);
    if (t.has(code)) return t(code, { size: fileSize(this.#limits.max_bytes ?? 0) });
    return t(t.has(`failed_${code}`) ? `failed_${code}` : state);
  }

  #repairs(state, { ref, final }) {
    if (state !== "failed" && state !== "uploading") return [];
    const button = (word, act) => h("button", { type: "button", class: "button button--link", onclick: () => act(ref) }, this.#o.t(word));
    return [...(final || state === "uploading" ? [] : [button("resend", this.#o.resend)]), button("remove", this.#o.remove)];
  }
}
