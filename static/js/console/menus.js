// static/js/console/menus.js – `<details class="menu">`: one open at a time, closed by Esc or a press elsewhere, arrows inside.
import { $$ } from "./dom.js";

export function startMenus() {
  document.addEventListener("pointerdown", ({ target }) => {
    for (const menu of $$("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (menu) moveIn(menu, event);
  });
}

/** Whether one was open and is closed now. */
export function closeMenus() {
  const open = $$("details.menu[open]");
  for (const menu of open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  return open.length > 0;
}

function moveIn(menu, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = $$("button, a", menu.querySelector(".menu__panel"));
  const index = items.indexOf(document.activeElement);
  items[(index + step + items.length) % items.length]?.focus();
}
