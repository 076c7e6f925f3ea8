// static/js/widget/message.js – a message for a desk that has no time now: it becomes a ticket. Loaded when it is wanted.
import { browserEnv } from "../chat/env.js";
import { attribute, h } from "./dom.js";

const TEXTS = ["name", "email", "order_no", "body"];
const FILES = 5;

/**
 * Show the form in `place`. `options`: words(dictionary), limits {max_bytes, types}, email, draft {get, set}, back(),
 * send(FormData) → Promise of {ticket, url}. What was typed is kept until it is sent; sending twice stores it once.
 */
export function openMessage(place, dictionary, options) {
  const t = options.words(dictionary);
  const typed = { email: options.email, ref: browserEnv.uuid(), ...options.draft.get() };
  const error = h("p", { class: "field__error", role: "alert" });
  const send = h("button", { class: "button button--primary" }, t("send"));
  const form = h("form", { class: "message", novalidate: true }, h("h2", {}, t("title")), h("p", {}, t("text")), ...fields(t, typed, options.limits), error,
    h("div", { class: "offers__ways" }, send, h("button", { type: "button", class: "button button--quiet", onclick: options.back }, t("back"))));
  form.addEventListener("input", () => options.draft.set({ ref: typed.ref, ...Object.fromEntries(TEXTS.map((name) => [name, form.elements[name].value])) }));
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(place, form, { t, typed, error, send, options }); });
  place.replaceChildren(form);
  const first = TEXTS.map((name) => form.elements[name]).find(({ value, name }) => !value && name !== "order_no") ?? send;
  queueMicrotask(() => first.focus()); // scrolls to it, after whoever scrolls because there is a form now
}

function fields(t, typed, limits) {
  const labelled = (name, node, hint) => h("label", { class: "field" }, h("span", { class: "field__label" }, t(name)), node, hint && h("span", { class: "field__hint" }, hint));
  const input = (name, attributes) => {
    const node = h("input", { class: "field__input", name, maxlength: 200, ...attributes });
    node.value = typed[name] ?? "";
    return labelled(name, node);
  };
  const body = h("textarea", { class: "field__input", name: "body", rows: 4, maxlength: 8000, required: true });
  body.value = typed.body ?? "";
  return [
    input("name", { autocomplete: "name" }),
    input("email", { type: "email", autocomplete: "email", required: true }),
    input("order_no", { maxlength: 64 }),
    labelled("body", body),
    labelled("files", h("input", { type: "file", name: "files", multiple: true, accept: limits.types?.join(",") })),
  ];
}

async function submit(place, form, { t, typed, error, send, options }) {
  const fault = faultOf(form, options.limits);
  mark(form, fault);
  error.textContent = fault ? t(fault.word) : "";
  if (fault || send.disabled) return;
  const data = new FormData(form);
  data.set("ref", typed.ref);
  if (!form.elements.files.files.length) data.delete("files");
  wait(form, send, t, true);
  try {
    const answer = await options.send(data);
    options.draft.set(null);
    place.replaceChildren(...thanks(t, answer, data.get("email")));
  } catch (reason) {
    wait(form, send, t, false);
    if (reason.code === "conflict") renew(typed, options.draft);
    refused(form, error, reason, t);
    if (document.activeElement === document.body) send.focus();
  }
}

/** What is changed while it is sent would arrive nowhere. */
function wait(form, send, t, waiting) {
  for (const node of form.elements) node.disabled = waiting;
  send.textContent = t(waiting ? "sending" : "send");
}

/** An earlier try was stored though its answer got lost, and the text has been changed since: it is a message of its own. */
function renew(typed, draft) {
  typed.ref = browserEnv.uuid();
  draft.set({ ...draft.get(), ref: typed.ref });
}

/** The first field that cannot be sent: {name, word}; null when all can. */
export function faultOf(form, limits) {
  const { email, body, files } = form.elements;
  if (!email.value.trim() || email.validity.typeMismatch) return { name: "email", word: "email_invalid" };
  if (!body.value.trim()) return { name: "body", word: "body_missing" };
  const chosen = [...files.files];
  if (chosen.length > FILES) return { name: "files", word: "files_many" };
  return chosen.some(({ size }) => size > (limits.max_bytes ?? Infinity)) ? { name: "files", word: "files_large" } : null;
}

function mark(form, fault) {
  for (const name of [...TEXTS, "files"]) attribute(form.elements[name], "aria-invalid", fault?.name === name ? "true" : null);
  if (fault) form.elements[fault.name].focus();
}

function refused(form, error, { code, body }, t) {
  const name = ["email", "body", "order_no"].find((field) => body?.fields?.[field]);
  if (name) mark(form, { name });
  error.textContent = t.has(`${name}_invalid`) ? t(`${name}_invalid`) : t(t.has(code) ? code : "failed");
}

function thanks(t, { ticket, url }, email) {
  return [h("h2", { role: "status" }, t("done")), h("p", {}, t("done_text", { ticket, email })), h("a", { class: "button", href: url, target: "_blank", rel: "noopener" }, t("open"))];
}
