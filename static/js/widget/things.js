// static/js/widget/things.js – cards: orders with their parcels, products, what somebody named. Loaded with the first.
import { h, link } from "./dom.js";
import { timeOf } from "./text.js";
import { isThing, thing } from "../chat/things.js";

/**
 * Put the card of `message` into the place of `place`, with what was said along with it above. `options`:
 * words(dictionary), message, parcel(id) → Promise of the parcel with its `events`.
 */
export function openThing(place, dictionary, { words, message, parcel }) {
  const t = words(dictionary);
  place.replaceWith(...(isThing(message) ? ofDesk(message, t, parcel) : named(message)));
}

function ofDesk(message, t, parcel) {
  const { order_no: number, title } = message.payload;
  const said = message.body && message.body !== number && message.body !== title ? [h("p", { class: "thing-said" }, message.body)] : [];
  const when = (at) => timeOf(at, Date.now(), t);
  const way = (id) => (id ? parcelWay(t, when, () => parcel(id)) : null);
  return [...said, ...thing(message, { words: t, locale: t.locale, when, way })];
}

/** A thing that somebody only named. */
function named({ body, payload }) {
  const { title, name, text: words, price, url } = payload ?? {};
  const heading = title ?? name ?? body;
  const lines = [words ?? (heading === body ? "" : body), price].filter(Boolean);
  return [h("strong", {}, url ? link(url, heading) : heading), ...lines.map((line) => h("p", {}, String(line)))];
}

/** A parcel's way, fetched each time it is unfolded. `when(iso)`: a time in words; `load()`: the parcel with its `events`. */
export function parcelWay(t, when, load) {
  const place = h("div");
  const say = (...nodes) => place.replaceChildren(...nodes);
  const show = () => load().then((parcel) => say(...told(parcel, t, when)), () => say(t("failed")));
  return h("details", { class: "thing__way", ontoggle: ({ target }) => target.open && show() }, h("summary", {}, t("way")), place);
}

function told({ eta, delivered_at: delivered, events }, t, when) {
  const expected = eta && !delivered ? [h("p", {}, t("way_eta", { when: when(eta) }))] : [];
  const scan = ({ at, text, location }) => h("li", {}, h("p", { class: "thing__quiet" }, [when(at), location].filter(Boolean).join(" · ")), text);
  return [...expected, events.length ? h("ul", { class: "thing__items" }, ...events.map(scan)) : t("parcel_pending")];
}
