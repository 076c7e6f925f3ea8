// static/js/console/moments.js – times that the server wrote, worded relative to now wherever they appear.
import { $$, setText } from "./dom.js";
import { fullTime, moment } from "./format.js";

const EVERY = 30_000; // ms

export function startMoments(reader, now) {
  const tell = (root = document) => {
    for (const node of $$("time[data-moment]", root)) {
      setText(node, moment(node.dateTime, reader, now()));
      node.title = fullTime(node.dateTime, reader);
    }
  };
  document.addEventListener("htmx:afterSwap", () => tell());
  setInterval(() => document.visibilityState === "visible" && tell(), EVERY);
  tell();
}
