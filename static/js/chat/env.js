// static/js/chat/env.js – what the chat modules need from the outside world; tests hand in a fake of the same shape.

export const browserEnv = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => (crypto.randomUUID ? crypto.randomUUID() : uuid4()),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (id) => clearTimeout(id),
  connect: (url) => new WebSocket(url),
};

/** A random UUID for pages served over plain HTTP, where `crypto.randomUUID` does not exist. */
export function uuid4() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
