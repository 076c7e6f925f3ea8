// static/js/console/parts.js – parts of the page that the server renders, put into place by htmx.
import { $, setAttribute } from "./dom.js";

export const FAILURES = ["htmx:responseError", "htmx:sendError", "htmx:timeout"];

/** Load `url` into `selector`. Each place is its own source: a new request there replaces the one before, no other. */
export function load(url, selector) {
  const place = $(selector);
  setAttribute(place, "hx-sync", "this:replace");
  setAttribute(place, "hx-disinherit", "hx-sync"); // what is sent from within is cut off by nothing
  globalThis.htmx?.ajax("GET", url, { source: place, target: place, swap: "innerHTML" }).catch(() => {}); // one that was replaced
}

/** What is on its way into `place` comes too late. */
export function forget(place) {
  globalThis.htmx?.trigger(place, "htmx:abort");
}
