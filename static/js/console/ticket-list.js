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

setInterval(() => {
  const idle = document.visibilityState === "visible" && list && !chosen().length && !list.contains(document.activeElement);
  if (idle && $$("tr[data-ticket-row]", list).length <= 50) globalThis.htmx.trigger(list, "refresh");
}, EVERY);
