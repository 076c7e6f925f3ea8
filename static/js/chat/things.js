// static/js/chat/things.js – an order or a product inside a message, for shoppers and agents alike. Text is only text.

const OWN_PATH = /^\/(?!\/)/, ADDRESS = /^(https?:\/\/|\/(?!\/))/i;
const TROUBLE = new Set(["attempt_failed", "returning", "returned", "exception", "expired"]);
const TONES = {
  order: { pending: "amber", paid: "accent", shipped: "accent", delivered: "green", completed: "green", refunding: "amber" },
  parcel: { in_transit: "accent", out_for_delivery: "accent", customs: "amber", available_for_pickup: "amber", delivered: "green" },
};

/** Whether a message is a card that the server has filled in; what somebody typed into a payload is none. */
export function isThing({ kind, payload }) {
  if (kind === "order_card") return Array.isArray(payload?.items) && isMoney(payload.total);
  return kind === "product_card" && isMoney(payload?.price);
}

/**
 * The card's nodes. `words(key, values)`: order_paid, parcel_in_transit, order, total, refunded, more, open; `locale`;
 * `when(iso)`: a time in words; `orderUrl(number)`: where the order can be read, "" for nowhere.
 */
export function thing(frame, options) {
  return [frame.kind === "order_card" ? order(frame.payload, options) : product(frame.payload, options)];
}

function order(card, { words, locale, when, orderUrl = () => "", way = () => null }) {
  const url = orderUrl(card.order_no);
  const number = node(url ? "a" : "b", "thing__no", card.order_no, url ? { href: url } : {});
  return node("div", "thing", [
    node("div", "thing__head", [node("span", "thing__label", words("order")), number, state("order", card.status, words)]),
    node("ul", "thing__items", card.items.slice(0, 5).map((item) => line(item))),
    card.more > 0 ? node("p", "thing__quiet", words("more", { count: Number(card.more) })) : null,
    ...list(card.parcels).map((parcel) => parcelNode(parcel, words, when, way)),
    node("div", "thing__foot", [node("span", "", words("total")), node("b", "", money(card.total, locale))]),
    isMoney(card.refunded) ? node("div", "thing__foot", [node("span", "", words("refunded")), node("span", "", money(card.refunded, locale))]) : null,
  ]);
}

function line({ title, qty, image_url: url }) {
  return node("li", "thing__item", [picture(url, 32), node("span", "thing__title", String(title ?? "")), node("span", "thing__quiet", `× ${Number(qty) || 1}`)]);
}

function parcelNode(parcel, words, when, way) {
  const told = [parcel.last_text, parcel.last_location, parcel.last_event_at && when(parcel.last_event_at)].filter(Boolean).join(" · ");
  return node("div", "thing__parcel", [
    node("div", "thing__head", [node("span", "thing__title", `${parcel.carrier} ${parcel.tracking_no}`), state("parcel", parcel.status, words)]),
    told ? node("p", "thing__quiet", told) : null,
    way(parcel.id),
  ], { "data-parcel": parcel.id });
}

function state(kind, code, words) {
  const tone = TROUBLE.has(code) ? "red" : TONES[kind][code];
  return node("span", "thing__state", words(`${kind}_${code}`), { "data-tone": tone ?? "" });
}

function product({ title, text, price, image_url: image, url }, { words, locale }) {
  const open = ADDRESS.test(url ?? "") ? node("a", "thing__open", words("open"), { href: url, target: "_blank", rel: "noopener" }) : null;
  return node("div", "thing thing--product", [
    picture(image, 72),
    node("div", "thing__about", [
      node("strong", "thing__name", String(title ?? "")),
      text ? node("p", "thing__quiet thing__text", String(text)) : null,
      node("div", "thing__foot", [node("b", "", money(price, locale)), open]),
    ]),
  ]);
}

/** Pictures come from our own address only: another would learn who looks at it. */
function picture(url, size) {
  if (!OWN_PATH.test(url ?? "")) return null;
  return node("img", "thing__image", [], { src: url, alt: "", width: size, height: size, loading: "lazy" });
}

function money({ amount, currency }, locale) {
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(Number(amount));
  } catch {
    return `${amount} ${currency}`;
  }
}

function isMoney(value) {
  return typeof value === "object" && value !== null && !Number.isNaN(Number(value.amount)) && typeof value.currency === "string";
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function node(name, className, content, attributes = {}) {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...[content].flat().filter((child) => child !== null));
  return made;
}
