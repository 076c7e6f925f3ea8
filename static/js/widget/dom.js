// static/js/widget/dom.js – make and change elements. Text only ever becomes text: there is no HTML in here.

/** h("button", {class: "chip", type: "button", onclick: fn}, "Text", node) */
export function h(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else attribute(node, key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Set, or take away where `value` is null, undefined or false. Writes only what changed. */
export function attribute(node, key, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(key);
  else if (node.getAttribute(key) !== String(value === true ? "" : value)) node.setAttribute(key, value === true ? "" : value);
}

export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/** Show or hide. */
export function show(node, visible) {
  if (node.hidden === Boolean(visible)) node.hidden = !visible;
}

/** A link to elsewhere; addresses other than http(s), blob or our own paths become text. */
export function link(url, label) {
  if (!/^(https?:|blob:|\/)/i.test(url ?? "")) return h("span", {}, label);
  return h("a", { href: url, target: "_blank", rel: "noopener nofollow" }, label);
}

/** Put `build(...)`'s children into `node` when `signature` is new: what did not change is not touched. */
export function fill(node, signature, build) {
  if (node.dataset.signature === signature) return;
  node.dataset.signature = signature;
  node.replaceChildren(...build());
}

/** The first line on a colour: black or white, whichever reads better; null for what is no #rrggbb. */
export function readableOn(color) {
  if (!/^#[0-9a-f]{6}$/i.test(color ?? "")) return null;
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#14161f" : "#ffffff";
}
