// static/js/console/history.js – the open chat as it is read: its newest lines, or any other place of a long one.
import { Window } from "../chat/window.js";

const PAGE = 50;
const AROUND = 100; // lines of a place

/** A window that can leave the log for an island: rows around a place that nothing connects with the log yet. */
export class History extends Window {
  #island = null; #fetch;

  /** `fetchPage(query)` → Promise of {results, has_more, has_newer, anchor}. */
  constructor(log, fetchPage) {
    super(log);
    this.#fetch = fetchPage;
  }

  rows() {
    return this.#island ? this.#island.rows.map((frame) => this.log.current(frame)) : super.rows();
  }

  get moreBefore() {
    return this.#island ? this.#island.hasOlder : super.moreBefore;
  }

  get moreAfter() {
    return this.#island !== null;
  }

  toEnd() {
    this.#island = null;
    super.toEnd();
  }

  /** Go to `{around: seq}`, `{at: time}` or `{unread: true}`. Resolves to the seq of the line that stands there. */
  async jump(query) {
    const known = query.around && this.#jumpWithin(query.around);
    if (known) return query.around;
    const { results, has_more: hasOlder, has_newer: hasNewer, anchor } = await this.#fetch({ ...query, limit: AROUND });
    this.#island = { rows: results, hasOlder };
    this.show(0, Infinity);
    this.#connect();
    if (!this.#island) this.show(results[0]?.seq ?? 0, hasNewer ? results.at(-1).seq : Infinity);
    return anchor;
  }

  async loadOlder() {
    const island = this.#island;
    if (!island) return super.loadOlder();
    const { results, has_more: hasOlder } = await this.#fetch({ before: island.rows[0].seq, limit: PAGE });
    if (island === this.#island) this.#island = { rows: [...results, ...island.rows], hasOlder };
    return results.length;
  }

  async loadNewer() {
    const island = this.#island;
    if (!island) return;
    const { results } = await this.#fetch({ after: island.rows.at(-1).seq, limit: PAGE });
    if (island !== this.#island) return;
    island.rows.push(...results);
    this.#connect();
  }

  #jumpWithin(seq) {
    const rows = this.rows(), index = rows.findIndex((row) => row.seq === seq);
    if (index < 0) return false;
    this.show(rows[Math.max(0, index - PAGE)].seq, index + PAGE < rows.length ? rows[index + PAGE].seq : Infinity);
    return true;
  }

  /** An island that touches the log becomes a part of it. */
  #connect() {
    const { rows, hasOlder } = this.#island, first = this.log.items()[0];
    if (first && (rows.at(-1)?.seq ?? Infinity) < (first.prev ?? first.seq - 1)) return;
    this.#island = null;
    const before = rows.filter(({ seq }) => !first || seq < first.seq);
    if (before.length) this.log.seed({ results: before, has_more: hasOlder });
  }
}
