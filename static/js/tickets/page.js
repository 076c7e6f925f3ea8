// static/js/tickets/page.js – the customer's page of a ticket: times in the reader's zone, one send at a time.

const language = document.documentElement.lang || undefined;
const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

for (const time of document.querySelectorAll("time[data-moment]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.valueOf())) time.textContent = format.format(at);
}

const form = document.querySelector("[data-inquiry-form]");
const text = form.elements.body;
const files = form.elements.files;

// A file alone is an answer too.
files.addEventListener("change", () => { text.required = files.files.length === 0; });

// The ref makes a second send harmless; the button says that the first is on its way.
form.addEventListener("submit", () => { form.querySelector("button").setAttribute("aria-disabled", "true"); });
