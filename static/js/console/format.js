// static/js/console/format.js – how times, spans and names are written. Pure: zone, language and now are handed in.
import { fill, gettext, ngettext } from "./i18n.js";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const formats = new Map();

/** "14:02" in the reader's zone. */
export const clock = (at, { locale, zone }) => dateFormat(locale, zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));

/** "2026-11-22" in the reader's zone: the key of a day. */
export const dayKey = (at, { zone }) => dateFormat("sv-SE", zone, { dateStyle: "short" }).format(new Date(at));

/** The instant at which a day ("2026-11-22") begins in the reader's zone. */
export function dayStart(day, { zone }) {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const format = dateFormat("sv-SE", zone, { dateStyle: "short", timeStyle: "medium" });
  const ahead = (at) => Date.parse(`${format.format(at).replace(" ", "T")}Z`) - at;
  return new Date(midnight - ahead(midnight - ahead(midnight)));
}

/** Date and time in full, with the zone: for tooltips. */
export const fullTime = (at, { locale, zone }) => dateFormat(locale, zone, { dateStyle: "medium", timeStyle: "long" }).format(new Date(at));

/** "Today", "Yesterday" or the date of a day separator. */
export function dayLabel(at, reader, now = Date.now()) {
  const key = dayKey(at, reader);
  if (key === dayKey(now, reader)) return gettext("Today");
  if (key === dayKey(now - DAY, reader)) return gettext("Yesterday");
  const sameYear = key.slice(0, 4) === dayKey(now, reader).slice(0, 4);
  const options = { weekday: "long", month: "long", day: "numeric", ...(sameYear ? {} : { year: "numeric" }) };
  return dateFormat(reader.locale, reader.zone, options).format(new Date(at));
}

/** Short words for a list: "now", "5 min", "14:02", "12 Nov". */
export function listTime(at, reader, now = Date.now()) {
  const age = now - new Date(at).getTime();
  if (age < MINUTE) return gettext("now");
  if (age < HOUR) return fill(gettext("%(count)s min"), { count: Math.floor(age / MINUTE) });
  if (dayKey(at, reader) === dayKey(now, reader)) return clock(at, reader);
  return dateFormat(reader.locale, reader.zone, { month: "short", day: "numeric" }).format(new Date(at));
}

/** Relative under a day, absolute beyond: "12 minutes ago", "in 2 hours", "12 Nov, 14:02". */
export function moment(at, reader, now = Date.now()) {
  const age = now - new Date(at).getTime();
  if (age <= -MINUTE && age > -DAY) return ahead(-age);
  if (Math.abs(age) < MINUTE) return gettext("just now");
  if (age > 0 && age < HOUR) return ago(ngettext("%(count)s minute ago", "%(count)s minutes ago", Math.floor(age / MINUTE)), age / MINUTE);
  if (age > 0 && age < DAY) return ago(ngettext("%(count)s hour ago", "%(count)s hours ago", Math.floor(age / HOUR)), age / HOUR);
  const options = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return dateFormat(reader.locale, reader.zone, options).format(new Date(at));
}

/** A span that ticks: "0:42", "12:05", "1 h 03". */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600), minutes = Math.floor((seconds % 3600) / 60);
  if (hours) return fill(gettext("%(hours)s h %(minutes)s"), { hours, minutes: pad(minutes) });
  return `${minutes}:${pad(seconds % 60)}`;
}

/** "840 B", "12 kB", "3.4 MB". */
export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Up to two letters for an avatar; one character of a Chinese name. */
export function initials(name) {
  const words = (name ?? "").trim().split(/\s+/).filter(Boolean);
  if (!words.length) return "?";
  if (words[0].codePointAt(0) > 0x7f) return [...words[0]][0];
  return (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
}

/** The tint of somebody's avatar, 0–5: the CRC-32 of their id, as the server's templates have it. */
export function hue(key) {
  let crc = -1;
  for (const byte of new TextEncoder().encode(String(key))) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ((crc ^ -1) >>> 0) % 6;
}

function ahead(left) {
  if (left < HOUR) return ago(ngettext("in %(count)s minute", "in %(count)s minutes", Math.floor(left / MINUTE)), left / MINUTE);
  return ago(ngettext("in %(count)s hour", "in %(count)s hours", Math.floor(left / HOUR)), left / HOUR);
}

function ago(text, count) {
  return fill(text, { count: Math.floor(count) });
}

function pad(number) {
  return String(number).padStart(2, "0");
}

function dateFormat(locale, zone, options) {
  const key = JSON.stringify([locale, zone, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }));
  return formats.get(key);
}
