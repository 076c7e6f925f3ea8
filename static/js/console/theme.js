// static/js/console/theme.js – light, dark or as the system has it; a cookie, so that pages arrive in the right one.
import { $$ } from "./dom.js";

const YEAR = 31_536_000; // s

export function themeNow() {
  return document.documentElement.dataset.theme ?? "system";
}

export function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.cookie = `desk_theme=${theme === "system" ? "" : theme}; path=/; max-age=${theme === "system" ? 0 : YEAR}; samesite=lax`;
  paint();
}

export function startTheme() {
  for (const button of $$("[data-theme-choice]")) button.addEventListener("click", () => setTheme(button.dataset.themeChoice));
  paint();
}

function paint() {
  for (const button of $$("[data-theme-choice]")) button.setAttribute("aria-pressed", String(button.dataset.themeChoice === themeNow()));
}
