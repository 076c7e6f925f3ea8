// static/js/console/event-lines.js – system lines that the server wrote in English, in the reader's words.
import { $$, setText } from "./dom.js";
import { eventText } from "./events.js";

export function startEventLines() {
  document.addEventListener("htmx:afterSwap", () => {
    for (const node of $$("[data-payload]")) {
      setText(node, eventText({ body: node.textContent, payload: JSON.parse(node.dataset.payload) }));
    }
  });
}
