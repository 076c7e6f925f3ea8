// static/js/console/ticket-parts.js – the parts of a ticket that answers bring: none older than what stands there.
import { $$ } from "./dom.js";

const CHANGES = "form[hx-post$='/change/']";

export function startTicketParts() {
  let isNews = false;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => { isNews = !detail.requestConfig.elt.matches(CHANGES); });
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    const fresh = detail.fragment.firstElementChild;
    if (Number(fresh?.dataset.asOf) < Number(detail.target.dataset.asOf)) detail.shouldSwap = false;
    else if (isNews) fresh?.prepend(...$$("[data-told]", detail.target));
  });
  document.addEventListener("htmx:beforeRequest", ({ target }) => target.matches(CHANGES) && hold(true));
  document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (!target.matches(CHANGES)) return;
    hold(false);
    if (!detail.successful) for (const option of $$("option", target)) option.selected = option.defaultSelected;
  });
}

/** One change at a time: the next one would not know the version that this one makes. */
function hold(on) {
  for (const field of $$(`${CHANGES} :is(select, button)`)) field.disabled = on;
  for (const field of $$(`${CHANGES} input`)) field.readOnly = on; // and keeps the caret
}
