// static/js/chat/env.js – what the chat modules need from the outside world; tests hand in a fake of the same shape.

export const browserEnv = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => crypto.randomUUID?.() ?? uuid4(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (id) => clearTimeout(id),
  connect: (url) => new WebSocket(url),
  alone,
};

/** Run `fn` while no other tab runs one of that name; where browsers forbid such locks, at once. */
async function alone(name, fn) {
  let begun = false;
  const run = () => { begun = true; return fn(); };
  try {
    return await (navigator.locks ? navigator.locks.request(name, run) : run());
  } catch (error) {
    if (begun) throw error;
    return fn();
  }
}

/** A random UUID for pages served over plain HTTP, where `crypto.randomUUID` does not exist. */
export function uuid4() {
  const digit = (mark) => (mark ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (mark / 4)))).toString(16);
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, digit);
}
