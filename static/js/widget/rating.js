// static/js/widget/rating.js – how was this chat? Loaded when it is asked.
import { h } from "./dom.js";

/**
 * Put the form into the place of `place`: 1–5 with words (radio buttons: arrows work), and a comment. `options`:
 * words(dictionary), rate(score, comment) → Promise; it rejects when the rating got lost.
 */
export function openRating(place, dictionary, { words, rate }) {
  const t = words(dictionary);
  const comment = h("textarea", { class: "field__input", rows: 2, maxlength: 2000, placeholder: t("comment"), "aria-label": t("comment") });
  const button = h("button", { class: "button button--primary" }, t("send"));
  const error = h("p", { class: "field__error", role: "alert" });
  const onsubmit = async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    const form = event.target, score = Number(new FormData(form).get("score"));
    const wait = (waiting) => { for (const node of form.elements) node.disabled = waiting; };
    error.textContent = "";
    wait(true); // what is changed now would not arrive
    await rate(score, comment.value.trim()).catch(() => { error.textContent = t("failed"); });
    wait(false);
  };
  place.replaceWith(h("form", { class: "card rating", onsubmit }, scores(t), comment, error, button));
}

function scores(t) {
  const labels = [1, 2, 3, 4, 5].map((score) =>
    h("label", {}, h("input", { type: "radio", name: "score", value: score, required: true }), h("b", {}, String(score)), h("span", {}, t(`score_${score}`))));
  return h("fieldset", {}, h("legend", {}, t("title")), h("div", { class: "rating__scores" }, ...labels));
}
