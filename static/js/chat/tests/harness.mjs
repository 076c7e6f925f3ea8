// static/js/chat/tests/harness.mjs – a test runner of our own: runs in any browser (and in Node), no dependencies.

const cases = [];

export function test(name, fn) {
  cases.push({ name, fn });
}

/** Run every registered case; [{name, error}] with error null where it passed. */
export async function runAll() {
  const results = [];
  for (const { name, fn } of cases) {
    const error = await Promise.resolve().then(fn).then(() => null, (reason) => String(reason?.stack ?? reason));
    results.push({ name, error });
  }
  return results;
}

export function equal(actual, expected, what = "value") {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`${what}: got ${got}, wanted ${wanted}`);
}

export function ok(value, what = "condition") {
  if (!value) throw new Error(`${what} does not hold`);
}

/** Clock, timers, randomness and sockets under the test's control. */
export class FakeEnv {
  #timers = new Map(); #next = 1; #uuids = 0;
  time = 1_000_000; sockets = []; chance = 0.5;

  now = () => this.time;
  random = () => this.chance;
  uuid = () => `ref-${++this.#uuids}`;
  clearTimeout = (id) => this.#timers.delete(id);
  setTimeout = (fn, ms) => {
    this.#timers.set(this.#next, { fn, at: this.time + ms });
    return this.#next++;
  };

  alone = (name, fn) => fn();

  connect = (url) => {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  };

  get socket() {
    return this.sockets.at(-1);
  }

  /** Let `ms` pass, running timers in order and promises between them. */
  async pass(ms) {
    const end = this.time + ms;
    for (let due = this.#due(end); due; due = this.#due(end)) {
      this.time = Math.max(this.time, due.at);
      this.#timers.delete(due.id);
      due.fn();
      await settle();
    }
    this.time = end;
  }

  #due(end) {
    const timers = [...this.#timers].map(([id, timer]) => ({ id, ...timer }));
    return timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
  }
}

export async function settle() {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

class FakeSocket {
  readyState = 0; sent = []; closed = null;

  constructor(url) {
    this.url = url;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code) {
    this.readyState = 3;
    this.closed = code ?? 1005;
  }

  /** The server's side. */
  accept(welcome = { type: "welcome", v: 1, heartbeat: 25, sessions: [] }) {
    this.readyState = 1;
    this.onopen();
    if (welcome) this.push(welcome);
  }

  push(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  die(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }

  types() {
    return this.sent.map(({ type }) => type);
  }
}
