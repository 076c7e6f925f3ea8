// static/js/console/dom.js – finding, copying and patching pieces of the page. Nothing here knows what they mean.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A copy of the server's `<template data-piece="name">`. */
export function piece(name) {
  return $(`template[data-piece="${name}"]`).content.firstElementChild.cloneNode(true);
}

/** Write `text` unless it stands there already: no needless layout, no lost selection. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set, change or (null, false, undefined, "") remove an attribute, only where it differs. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false || value === "") {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value === true ? "" : value)) {
    node.setAttribute(name, value === true ? "" : value);
  }
}

const LOCAL = "icon-";
let sprite = "";

/** Take the icons of `url` into the page, so that new ones appear without the network. */
export async function loadSprite(url) {
  sprite = `${url}#`;
  const text = await fetch(url).then((response) => (response.ok ? response.text() : ""), () => "");
  if (!text) return;
  const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  for (const symbol of svg.children) symbol.id = LOCAL + symbol.id;
  svg.setAttribute("hidden", "");
  document.body.append(svg);
  sprite = `#${LOCAL}`;
}

/** An icon of the sprite, for looks unless `label` says what it means. */
export function icon(name, label = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", sprite + name);
  svg.append(use);
  return svg;
}

/** Show one icon in `node`, replaced only when it changes. */
export function setIcon(node, name, label = "") {
  const key = `${name}|${label}`;
  if (node.dataset.icon === key) return;
  node.dataset.icon = key;
  node.replaceChildren(...(name ? [icon(name, label)] : []));
  if (label) node.title = label;
  else node.removeAttribute("title");
}

/**
 * Make the keyed children of `parent` show `items` in order. Nodes are kept by key, moved only when they must be, and
 * the focused one keeps its focus. `create(item)` makes a node, `update(node, item)` fills it every time.
 */
export function patchKeyed(parent, items, { key, create, update }) {
  const focused = document.activeElement;
  const wanted = new Set(items.map((item) => String(key(item))));
  const known = new Map();
  for (const node of [...parent.children]) {
    if (node.dataset.key === undefined) continue;
    if (wanted.has(node.dataset.key)) known.set(node.dataset.key, node);
    else node.remove();
  }
  let cursor = parent.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    const node = known.get(id) ?? created(create(item), id);
    update(node, item);
    cursor = place(parent, node, cursor);
  }
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

function created(node, id) {
  node.dataset.key = id;
  return node;
}

/** Put `node` at `cursor`; returns what follows. One item that moved down costs one move, not one for each it passed. */
function place(parent, node, cursor) {
  if (node === cursor) return cursor.nextElementSibling;
  if (cursor && cursor.nextElementSibling === node) {
    parent.append(cursor);
    return node.nextElementSibling;
  }
  parent.insertBefore(node, cursor);
  return cursor;
}

/** Run `fn` `ms` after the last call. */
export function debounce(fn, ms) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), ms);
  };
}

/** Whether key presses belong to a field and not to the page. */
export function isTyping(target) {
  return target.matches?.("input, textarea, select, [contenteditable]") ?? false;
}
