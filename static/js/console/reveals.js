// static/js/console/reveals.js – masked fields that are uncovered: for how long, and masked again when it is over.
import { $, $$ } from "./dom.js";
import { fill, gettext } from "./i18n.js";

/** The place of a message's text, as the server names it. */
export const placeOfMessage = (session, seq) => `chat.message/${session}:${seq}/body`;

/** The place of a file that a customer sent in a chat. */
export const placeOfFile = (session, id) => `chat.attachment/${session}:${id}/file`;

/** Where the sheet that asks for a reason is, and the value afterwards. */
export function addressOf(url, place) {
  const [type, id, field] = place.split("/");
  return `${url}?${new URLSearchParams({ type, id, field })}`;
}

/** What is left as "9:58". */
export function timeLeft(until, now) {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `url` gives a value while it is uncovered; `now` is the server's clock in ms. */
export function startReveals({ url, now, toasts }) {
  const open = new Map(); // place -> {value, until}
  document.addEventListener("desk:revealed", async ({ detail }) => {
    const answer = await fetch(addressOf(url, detail.place), { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return toasts.error(gettext("The desk did not answer. Check your connection and try again."));
    const { value, until } = await answer.json();
    open.set(detail.place, { value, until: Date.parse(until) });
    return sweep();
  });
  const sweep = () => {
    for (const [place, { until }] of open) if (until <= now()) open.delete(place);
    for (const node of $$("[data-personal]")) update(node, open.get(node.dataset.personal), now());
  };
  setInterval(sweep, 1000);
  sweep();
}

/** One field: as the server sent it until its time is over, whole while it is uncovered here, else masked. */
function update(node, found, now) {
  const until = found?.until ?? (node.dataset.until ? Date.parse(node.dataset.until) : 0);
  const place = $("[data-personal-value]", node) ?? node;
  if (until > now) {
    if (found && node.dataset.shown !== found.value) show(node, place, found.value);
    node.dataset.until = new Date(until).toISOString();
    say(node, fill(gettext("shown for %(time)s"), { time: timeLeft(until, now) }));
  } else if (node.dataset.until) {
    cover(place, node.dataset.masked);
    node.dataset.until = node.dataset.shown = "";
    say(node, "");
  }
}

/** The value whole; of a file a link to it. */
function show(node, place, value) {
  node.dataset.shown = value;
  if (node.dataset.file === undefined) return cover(place, value);
  const link = document.createElement("a");
  Object.assign(link, { href: value, target: "_blank", rel: "noopener", textContent: node.dataset.masked });
  place.replaceChildren(link);
  return undefined;
}

function cover(place, text) {
  place.textContent = text;
  place.classList.add("personal__text"); // its lines were marked up before
}

function say(node, words) {
  const host = node.matches("[data-personal-value], .bubble") ? node.parentElement : node;
  let left = $(".personal__left", host);
  if (!left && words) {
    left = document.createElement("span");
    left.className = "personal__left quiet tabular";
    host.append(left);
  }
  if (left) left.textContent = words;
  const button = $("[data-reveal]", host);
  if (button) button.hidden = Boolean(words);
}
