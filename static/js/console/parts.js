// static/js/console/parts.js – parts of the page that the server renders, put into place by htmx.
import { $ } from "./dom.js";

/** Load `url` into `selector`. Each place is its own source: a new request there replaces the one before, no other. */
export function load(url, selector) {
  const place = $(selector);
  globalThis.htmx?.ajax("GET", url, { source: place, target: place, swap: "innerHTML" });
}
