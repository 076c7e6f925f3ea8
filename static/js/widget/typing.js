// static/js/widget/typing.js – "is typing", both ways. Never stored, never important.
import { browserEnv } from "../chat/env.js";

const EVERY = 2_000; // our news goes out at most this often
const SEEN = 6_000; // theirs counts for this long

/** Options: send({on, preview}), onChange(). `other` is {name} while the other side types. */
export class Typing {
  #options; #env; #told = 0; #pause = null; #over = null;
  other = null;

  constructor(options, env = browserEnv) {
    this.#options = options;
    this.#env = env;
  }

  /** The customer typed; `preview` is what stands in the field. */
  typed(preview) {
    const now = this.#env.now();
    if (now - this.#told >= EVERY) this.#tell(preview);
    this.#env.clearTimeout(this.#pause);
    this.#pause = this.#env.setTimeout(() => (preview ? this.#tell(preview) : this.stop()), EVERY);
  }

  /** Sent, or given up. */
  stop() {
    this.#env.clearTimeout(this.#pause);
    if (this.#told) this.#options.send({ on: false, preview: "" });
    this.#told = 0;
  }

  heard({ on, name }) {
    this.other = on ? { name } : null;
    this.#env.clearTimeout(this.#over);
    if (on) this.#over = this.#env.setTimeout(() => this.silence(), SEEN);
    this.#options.onChange();
  }

  silence() {
    this.other = null;
    this.#options.onChange();
  }

  #tell(preview) {
    this.#told = this.#env.now();
    this.#options.send({ on: true, preview: preview.slice(0, 500) });
  }
}
