// static/js/console/early.js – what is pressed before the page's scripts have come is done when they have.
// A classic script in the head: it has to be there before anything can be pressed.
(() => {
  const BUTTONS = "button[data-sheet-url], button[hx-post], button[data-do], button[data-ticket-mode]";
  let pressed = null;

  /** Only the last press counts, as it does on a page that is ready. */
  const wait = (event, node, act) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    pressed?.node.removeAttribute("aria-busy");
    node.setAttribute("aria-busy", "true");
    pressed = { node, act };
  };
  const clicked = (event) => {
    const button = event.target.closest(BUTTONS);
    if (button) wait(event, button, () => button.click());
  };
  const submitted = (event) => {
    const { target: form, submitter } = event;
    if (form.hasAttribute("hx-post") || submitter?.hasAttribute("hx-post")) wait(event, submitter ?? form, () => form.requestSubmit(submitter));
  };
  const ready = () => {
    document.removeEventListener("click", clicked, true);
    document.removeEventListener("submit", submitted, true);
    if (!pressed?.node.isConnected) return;
    pressed.node.removeAttribute("aria-busy");
    pressed.act();
  };

  document.addEventListener("click", clicked, true);
  document.addEventListener("submit", submitted, true);
  // Deferred scripts and modules run before this event, htmx at it.
  document.addEventListener("DOMContentLoaded", () => setTimeout(ready), { once: true });
})();
