// static/js/console/content.js – what stands inside a bubble, by kind of message. Customer text is only ever text.
import { icon } from "./dom.js";
import { eventText } from "./events.js";
import { fileSize, moment } from "./format.js";
import { gettext } from "./i18n.js";
import { thingWords } from "./thing-words.js";
import { isThing, thing } from "../chat/things.js";

const LINK = /https?:\/\/[^\s<>"'，。）)]+/g;
const MEDIA_WIDTH = 280, MEDIA_HEIGHT = 320;

/** Nodes for the body of a message frame (or of an outbox entry of the same shape), for `reader` {locale, zone}. */
export function content(frame, reader) {
  if (frame.payload?.removed) return [gettext("Content removed")]; // the customer was erased, or its time was over
  if (isThing(frame)) return card(frame, reader);
  const make = { image, file, order_card: named, product_card: named, article: named, event: note }[frame.kind] ?? text;
  return make(frame);
}

/** Modifier of the bubble's class. */
export function bubbleClass({ kind, payload }) {
  if (payload?.removed) return "bubble";
  if (kind === "image" && payload?.url) return "bubble bubble--image";
  if (kind === "file" || kind === "image") return "bubble bubble--file";
  return ["order_card", "product_card", "article"].includes(kind) ? "bubble bubble--thing" : "bubble";
}

/** A card that the server has filled in, with what was said along with it above. */
function card(frame, reader) {
  const { order_no: number, title } = frame.payload;
  const said = document.createElement("p");
  said.className = "thing-said";
  said.textContent = frame.body;
  const options = { words: thingWords, locale: reader.locale, when: (at) => moment(at, reader), orderUrl };
  return [...([number, title, ""].includes(frame.body ?? "") ? [] : [said]), ...thing(frame, options)];
}

function orderUrl(number) {
  return `/console/orders/${encodeURIComponent(number)}/`;
}

function text({ body }) {
  return linked(body);
}

function note(frame) {
  return linked(eventText(frame));
}

/** Text with its web addresses as links. */
export function linked(body) {
  const nodes = [];
  let end = 0;
  for (const match of body.matchAll(LINK)) {
    nodes.push(body.slice(end, match.index), link(match[0]));
    end = match.index + match[0].length;
  }
  return [...nodes, body.slice(end)].filter((node) => node !== "");
}

function link(address) {
  const node = document.createElement("a");
  Object.assign(node, { href: address, textContent: address, target: "_blank", rel: "noopener noreferrer" });
  return node;
}

/** Its size is reserved before it is loaded, so nothing moves when it comes. */
function image(frame) {
  const { url, name = "", width, height } = frame.payload ?? {};
  if (!url) return file(frame);
  const node = new Image();
  const scale = Math.min(1, MEDIA_WIDTH / (width || MEDIA_WIDTH), MEDIA_HEIGHT / (height || MEDIA_HEIGHT));
  node.width = Math.round((width || MEDIA_WIDTH) * scale);
  node.height = Math.round((height || MEDIA_WIDTH) * scale);
  Object.assign(node, { loading: "lazy", decoding: "async", alt: name || gettext("Image"), src: url });
  node.dataset.zoom = url;
  return [node];
}

function file({ kind, payload = {}, body }) {
  const node = document.createElement(payload.url ? "a" : "span");
  if (payload.url) Object.assign(node, { href: payload.url, target: "_blank", rel: "noopener" });
  const name = document.createElement("span");
  name.textContent = payload.name ?? body ?? gettext("File");
  const size = document.createElement("small");
  size.textContent = payload.size ? fileSize(payload.size) : "";
  node.append(icon(kind === "image" ? "image" : "file"), name, size);
  return [node];
}

/** A thing that somebody only named: its title, what they said of it, and a link. */
function named({ kind, payload = {}, body }) {
  const title = document.createElement("strong");
  title.textContent = payload.title ?? payload.name ?? payload.number ?? body;
  const facts = [payload.subtitle, payload.price, payload.status, payload.number].filter((fact) => fact && fact !== title.textContent);
  const nodes = [title, facts.join(" · ")].filter(Boolean);
  if (/^(https?:\/)?\//.test(payload.url ?? "")) {
    const open = link(payload.url);
    open.textContent = kind === "order_card" ? gettext("Open the order") : gettext("Open the page");
    nodes.push(" ", open);
  }
  return nodes;
}
