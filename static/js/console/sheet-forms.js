// static/js/console/sheet-forms.js – a sheet's form on its way to the desk, and what the desk's answer says.
import { $, $$ } from "./dom.js";
import { fill, gettext } from "./i18n.js";

const ANSWERS = ["htmx:beforeOnLoad", "htmx:sendError", "htmx:timeout"];

/** Nothing in it can be changed before the answer; `onLate(event)` gets one that comes when the form is gone. */
export function hold(form, { onLate }) {
  const body = $(".sheet__body", form), focused = document.activeElement;
  if (body) body.inert = true;
  const late = (event) => !form.isConnected && onLate(event);
  const over = () => {
    for (const type of ANSWERS) form.removeEventListener(type, late);
    if (body) body.inert = false;
    if (form.isConnected && !form.contains(document.activeElement)) focused?.focus({ preventScroll: true });
  };
  for (const type of ANSWERS) form.addEventListener(type, late);
  form.addEventListener("htmx:afterRequest", over, { once: true });
}

/** {events: [[type, detail]], problem: words, "" when it went through}. */
export function wordsOf(xhr) {
  const events = Object.entries(JSON.parse(xhr.getResponseHeader("HX-Trigger") ?? "{}"));
  if (xhr.status >= 200 && xhr.status < 300) return { events, problem: "" };
  const reasons = [409, 422].includes(xhr.status) ? reasonsIn(xhr.responseText) : "";
  return { events, problem: reasons ? fill(gettext("This was not accepted: %(reasons)s"), { reasons }) : problemText(xhr) };
}

/** What a form that came back complains of. */
function reasonsIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return $$("[role=alert]", page).map((node) => node.textContent.trim()).filter(Boolean).join(" ");
}

/** What a failed request is called: the desk's own words where it has some. */
export function problemText({ status = 0, responseText = "" } = {}) {
  try {
    const { detail } = JSON.parse(responseText);
    if (detail) return detail;
  } catch {
    // a page, not a problem body
  }
  if (status === 403) return gettext("You are not allowed to do this.");
  if (status === 404) return gettext("This is not there, or not yours to see.");
  return gettext("The desk did not answer. Check your connection and try again.");
}
