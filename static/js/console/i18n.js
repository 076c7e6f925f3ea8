// static/js/console/i18n.js – the page's language: Django's JavaScript catalogue, where the page loaded one.

const catalogue = globalThis.django ?? {};

export const gettext = (text) => catalogue.gettext?.(text) ?? text;
export const ngettext = (one, many, count) => catalogue.ngettext?.(one, many, count) ?? (count === 1 ? one : many);

/** Fill `%(name)s` of a translated text. */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}
