// static/js/widget/cards.js – what stands below the last message: suggestions, other ways than waiting.
import { h } from "./dom.js";

export function chip(label, onclick) {
  return h("button", { type: "button", class: "chip", onclick }, label);
}

/** Other ways than waiting. `ways`: {ticket, bot}, each a function; only those of `offers` are shown. `away`: we are closed. */
export function offerCard(t, offers, ways, away) {
  const buttons = offers.filter((name) => ways[name]).map((name) =>
    h("button", { type: "button", class: "button", onclick: ways[name] }, t(`offer_${name}`)));
  return h("section", { class: "card offers" }, h("h2", {}, t(away ? "closed_now" : "offer_title")), h("p", {}, t(away ? "offer_text_away" : "offer_text")), h("div", { class: "offers__ways" }, ...buttons));
}
