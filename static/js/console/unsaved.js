// static/js/console/unsaved.js – what somebody has written outlives a refresh of the part of the page that it stands in.
import { $$ } from "./dom.js";

const WRITTEN = "textarea, input:not([type=hidden], [type=file], [type=radio])";

/** Follow htmx: what it replaces gives its unsaved fields, the caret too, to what comes. */
export function startUnsaved() {
  const asked = new WeakMap(), typed = new WeakMap(); // request and field: when
  let asker = null, since = 0, kept = [], keptBeside = [], composing = null;
  const take = ({ detail }) => {
    const isBusy = detail.target.contains(composing) || typed.get(detail.target) > since;
    if (isBusy) detail.shouldSwap = false; // half a Chinese word, or a newer one than the answer knows
    return isBusy ? [] : written(detail.target, formOf(asker));
  };
  document.addEventListener("compositionstart", ({ target }) => { composing = target; });
  document.addEventListener("compositionend", () => { composing = null; });
  document.addEventListener("input", ({ target }) => typed.set(target, performance.now()), { capture: true });
  document.addEventListener("htmx:beforeRequest", ({ detail }) => asked.set(detail.xhr, performance.now()));
  document.addEventListener("htmx:beforeSwap", (event) => {
    asker = event.detail.requestConfig.elt;
    since = asked.get(event.detail.xhr);
    kept = event.detail.target.contains(formOf(asker)) ? [] : take(event); // a form's own answer speaks for itself
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => { keptBeside = take(event); });
  document.addEventListener("htmx:afterSwap", () => kept.splice(0).forEach(restore));
  document.addEventListener("htmx:oobAfterSwap", () => keptBeside.splice(0).forEach(restore));
}

/** The form that has been sent; a field that looks something up sends none. */
function formOf(asker) {
  return asker?.matches("form, [type=submit], button") ? asker.closest("form") : null;
}

function written(place, sent) {
  return $$(WRITTEN, place).filter((node) => !sent?.contains(node) && !node.closest("[data-bulk]") && (isChanged(node) || node === document.activeElement)).map(remember);
}

function isChanged(node) {
  return node.type === "checkbox" ? node.checked !== node.defaultChecked : node.value !== node.defaultValue;
}

/** A field is known by its name, and where several have it by its place among them. */
function remember(node) {
  const { name, type, value, checked } = node;
  const caret = node === document.activeElement && { start: node.selectionStart, end: node.selectionEnd };
  return { name, type, value, checked, caret, changed: isChanged(node), index: namesakes(name).indexOf(node) };
}

function namesakes(name) {
  return $$(WRITTEN).filter((node) => node.name === name);
}

function restore({ name, type, value, checked, caret, changed, index }) {
  const node = namesakes(name)[index];
  if (!node || node.type !== type) return;
  if (changed) Object.assign(node, type === "checkbox" ? { checked } : { value });
  if (caret) focus(node, caret);
  if (changed && type === "search") queueMicrotask(() => node.dispatchEvent(new Event("search", { bubbles: true }))); // its results follow, once htmx listens
}

function focus(node, { start, end }) {
  node.focus({ preventScroll: true });
  if (start !== null) node.setSelectionRange(start, end);
}
