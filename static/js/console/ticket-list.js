// static/js/console/ticket-list.js – the list of tickets: filters that act at once, several chosen, fresh rows while nobody works in it.
import { $, $$, setText } from "./dom.js";
import { fill, ngettext } from "./i18n.js";

const EVERY = 30_000; // ms

const list = $("[data-live-list]");
const filters = $("[data-filters]");

filters?.addEventListener("change", ({ target }) => target.matches("select") && filters.requestSubmit());
filters?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name); // a short address
});

let sending = []; // numbers of the tickets that are being changed
let kept = []; // of those that stay chosen when fresh rows come

list?.addEventListener("change", ({ target }) => {
  if (target.matches("[data-bulk-choice]")) return target.value && target.form.requestSubmit();
  if (target.matches("[data-bulk-all]")) for (const box of $$("[data-bulk-one]", list)) box.checked = target.checked;
  return showBar();
});
list?.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-bulk-none]")) return;
  for (const box of chosen()) box.checked = false;
  showBar();
});

list?.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (!target.matches("[data-bulk]")) return;
  sending = numbers();
  for (const choice of $$("[data-bulk-choice]", target)) choice.value = ""; // it was sent; the next change is another one
  hold(true);
});
list?.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!target.matches("[data-bulk]")) return;
  if (!detail.successful) sending = [];
  hold(false);
});
list?.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
  if (target !== list) return;
  if (detail.requestConfig.triggeringEvent?.type === "look" && !isIdle()) detail.shouldSwap = false;
  kept = numbers().filter((number) => !sending.includes(number));
  sending = [];
});
list?.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target !== list) return;
  for (const box of $$("[data-bulk-one]", list)) box.checked = kept.includes(box.value);
  showBar();
});

function hold(on) {
  for (const control of $$("[data-bulk-bar] :is(button, select)", list)) control.disabled = on;
}

function numbers() {
  return chosen().map(({ value }) => value);
}

function isIdle() {
  const rests = document.visibilityState === "visible" && !chosen().length && !list.contains(document.activeElement);
  return rests && $$("tr[data-ticket-row]", list).length <= 50;
}

function chosen() {
  return $$("[data-bulk-one]:checked", list);
}

function showBar() {
  const bar = $("[data-bulk-bar]", list), count = chosen().length;
  if (!bar) return;
  bar.hidden = !count;
  setText($("[data-bulk-count]", bar), fill(ngettext("%(count)s chosen", "%(count)s chosen", count), { count }));
  const all = $("[data-bulk-all]", list);
  all.checked = count > 0 && count === $$("[data-bulk-one]", list).length;
  all.indeterminate = count > 0 && !all.checked;
}

/** X marks the row that has the focus. */
document.addEventListener("keydown", ({ key, target }) => {
  const box = key.toLowerCase() === "x" && target.matches?.("tr[data-ticket-row]") && $("[data-bulk-one]", target);
  if (!box) return;
  box.checked = !box.checked;
  showBar();
});

setInterval(() => list && isIdle() && globalThis.htmx.trigger(list, "look"), EVERY);
