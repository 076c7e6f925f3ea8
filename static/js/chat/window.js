// static/js/chat/window.js – the lines of a log that stand on the screen: so few that a long chat scrolls like a short one.

export const SPAN = 300; // lines at most
const STEP = 50;

/** A window on the rows that are loaded; what it lacks is loaded as it moves up. */
export class Window {
  #from = 0; #to = Infinity; #place = 0; #moving = null;

  constructor(log) {
    this.log = log;
  }

  /** All rows there are to show, ascending. */
  rows() {
    return this.log.items();
  }

  /** The lines to show. Who `follows` the end gives up the oldest ones when there are too many, others the newest. */
  items(follows = true) {
    const shown = this.#shown();
    if (shown.length <= SPAN) return shown;
    return follows ? this.#keepEnd(shown) : this.#keepStart(shown);
  }

  get hasOlder() {
    return this.rows()[0]?.seq < this.#from || this.moreBefore;
  }

  get hasNewer() {
    return this.rows().at(-1)?.seq > this.#to || this.moreAfter;
  }

  get moreBefore() {
    return this.log.hasOlder;
  }

  get moreAfter() {
    return false;
  }

  /** One step up or down. Those that meet one under way wait for that. */
  older() {
    return this.#once(() => this.#older());
  }

  newer() {
    return this.#once(() => this.#newer());
  }

  /** The newest lines, which go on coming. */
  toEnd() {
    this.show(0, Infinity);
    this.items();
  }

  /** Show the rows from seq `from` to seq `to`. */
  show(from, to) {
    this.#place += 1;
    this.#from = from;
    this.#to = to;
  }

  loadOlder() {
    return this.log.loadOlder();
  }

  async loadNewer() {}

  async #older() {
    const first = this.#shown()[0]?.seq ?? 0;
    const before = () => this.rows().filter(({ seq }) => seq < first).slice(-STEP);
    if (!before().length && await this.#leftDuring(this.loadOlder())) return;
    this.#from = before()[0]?.seq ?? this.#from;
    this.#keepStart(this.#shown());
  }

  async #newer() {
    const last = this.#shown().at(-1)?.seq ?? 0;
    const after = () => this.rows().filter(({ seq }) => seq > last);
    if (!after().length && await this.#leftDuring(this.loadNewer())) return;
    this.#to = after().length > STEP || this.moreAfter ? (after()[STEP - 1] ?? after().at(-1) ?? { seq: last }).seq : Infinity;
    this.#keepEnd(this.#shown());
  }

  /** Whether another place was gone to while `loading`. */
  async #leftDuring(loading) {
    const place = this.#place;
    await loading;
    return place !== this.#place;
  }

  #shown() {
    const rows = this.rows();
    const shown = rows.filter(({ seq }) => seq >= this.#from && seq <= this.#to);
    if (shown.length || !rows.length) return shown;
    this.show(0, Infinity); // the log began again elsewhere
    return rows;
  }

  #keepEnd(shown) {
    if (shown.length > SPAN) this.#from = shown.at(-SPAN).seq;
    return shown.slice(-SPAN);
  }

  #keepStart(shown) {
    if (shown.length > SPAN) this.#to = shown[SPAN - 1].seq;
    return shown.slice(0, SPAN);
  }

  async #once(move) {
    this.#moving ??= move().finally(() => { this.#moving = null; });
    return this.#moving;
  }
}
