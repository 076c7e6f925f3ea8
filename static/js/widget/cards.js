// static/js/widget/cards.js – what stands below the last message: suggestions, rating, other ways than waiting.
import { h } from "./dom.js";

export function chip(label, onclick) {
  return h("button", { type: "button", class: "chip", onclick }, label);
}

/** Rate 1–5 with words (radio buttons: arrows work), and a comment. `rate(score, comment)` rejects when it got lost. */
export function ratingCard(t, rate) {
  const scores = [1, 2, 3, 4, 5].map((score) =>
    h("label", {}, h("input", { type: "radio", name: "score", value: score, required: true }), h("b", {}, String(score)), h("span", {}, t(`rate_${score}`))));
  const comment = h("textarea", { class: "field__input", rows: 2, maxlength: 2000, placeholder: t("rate_comment"), "aria-label": t("rate_comment") });
  return form(t, { class: "card rating" }, "rate_send", (data) => rate(Number(data.get("score")), comment.value.trim()), [
    h("fieldset", {}, h("legend", {}, t("rate_title")), h("div", { class: "rating__scores" }, ...scores)),
    comment,
  ]);
}

/** Other ways than waiting. `ways`: {ticket, bot}, each a function; only those of `offers` are shown. `away`: we are closed. */
export function offerCard(t, offers, ways, away) {
  const buttons = offers.filter((name) => ways[name]).map((name) =>
    h("button", { type: "button", class: "button", onclick: ways[name] }, t(`offer_${name}`)));
  return h("section", { class: "card offers" }, h("h2", {}, t(away ? "closed_now" : "offer_title")), h("p", {}, t(away ? "offer_text_away" : "offer_text")), h("div", { class: "offers__ways" }, ...buttons));
}

/** A parcel's way, fetched each time it is unfolded. `when(iso)`: a time in words; `load()`: the parcel with its `events`. */
export function parcelWay(t, when, load) {
  const place = h("div");
  const say = (...nodes) => place.replaceChildren(...nodes);
  const show = () => load().then((parcel) => say(...told(parcel, t, when)), () => say(t("not_done")));
  return h("details", { class: "thing__way", ontoggle: ({ target }) => target.open && show() }, h("summary", {}, t("way")), place);
}

function told({ eta, delivered_at: delivered, events }, t, when) {
  const expected = eta && !delivered ? [h("p", {}, t("way_eta", { when: when(eta) }))] : [];
  const scan = ({ at, text, location }) => h("li", {}, h("p", { class: "thing__quiet" }, [when(at), location].filter(Boolean).join(" · ")), text);
  return [...expected, events.length ? h("ul", { class: "thing__items" }, ...events.map(scan)) : t("thing_parcel_pending")];
}

function form(t, attributes, word, submit, children) {
  const button = h("button", { class: "button button--primary" }, t(word));
  const error = h("p", { class: "field__error", role: "alert" });
  const onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    await submit(new FormData(event.target)).catch(() => { error.textContent = t("not_done"); });
    button.disabled = false;
  };
  return h("form", { ...attributes, onsubmit }, ...children, error, button);
}
