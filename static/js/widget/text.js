// static/js/widget/text.js – words: those of the dictionary, and those for times, sizes and links.

const LINK = /\bhttps?:\/\/[^\s<>"'，。！？）】》]+[^\s<>"'，。！？）】》.,;:!?)\]]/gi;

/** `t(key, {name})` for a dictionary; an unknown key is shown as it is. `t.has(key)`; `t.locale` is for `Intl`. */
export function wordsFrom(dictionary, locale) {
  const t = (key, values = {}) => (dictionary[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  return Object.assign(t, { has: (key) => key in dictionary, locale });
}

/** Cut `body` into {text} and {text, href} parts. Only http(s) becomes a link. */
export function linkParts(body) {
  const parts = [];
  let end = 0;
  for (const match of body.matchAll(LINK)) {
    if (match.index > end) parts.push({ text: body.slice(end, match.index) });
    parts.push({ text: match[0], href: match[0] });
    end = match.index + match[0].length;
  }
  if (end < body.length) parts.push({ text: body.slice(end) });
  return parts;
}

/** 8:00 AM, but 08:00. */
const hours = (t) => (t.locale.startsWith("zh") ? "2-digit" : "numeric");

export function clock(at, t) {
  return new Intl.DateTimeFormat(t.locale, { hour: hours(t), minute: "2-digit" }).format(new Date(at));
}

/** Whole calendar days from `now` to `at`: 0 today, -1 yesterday. */
export function dayOffset(at, now) {
  const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(at) - midnight(now)) / 86_400_000);
}

export function dayName(at, now, t) {
  const offset = dayOffset(at, now);
  if (offset === 0) return t("today");
  if (offset === -1) return t("yesterday");
  return new Intl.DateTimeFormat(t.locale, { weekday: "short", day: "numeric", month: "short" }).format(new Date(at));
}

/** "08:00" of today, "3 Nov, 08:00" of another day. */
export function timeOf(at, now, t) {
  if (dayOffset(at, now) === 0) return clock(at, t);
  const day = { day: "numeric", month: "short", hour: hours(t), minute: "2-digit" };
  return new Intl.DateTimeFormat(t.locale, day).format(new Date(at));
}

/** "at 08:00", "tomorrow at 08:00", "Mon 08:00": when the desk opens. */
export function opening(at, now, t) {
  const offset = dayOffset(at, now);
  if (offset === 0) return t("today_at", { time: clock(at, t) });
  if (offset === 1) return t("tomorrow_at", { time: clock(at, t) });
  const day = new Intl.DateTimeFormat(t.locale, { weekday: "short", hour: hours(t), minute: "2-digit" });
  return day.format(new Date(at));
}

/** "about 1–3 min", "less than a minute" from seconds; empty when unknown. */
export function eta(low, high, t) {
  if (high === null || high === undefined) return "";
  if (high < 60) return t("under_minute");
  const [from, to] = [Math.max(1, Math.floor((low ?? high) / 60)), Math.ceil(high / 60)];
  return t("minutes", { n: from < to ? `${from}–${to}` : to });
}

export function fileSize(bytes) {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1).replace(".0", "")} MB`;
}
