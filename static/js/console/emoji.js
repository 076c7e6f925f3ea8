// static/js/console/emoji.js – a small sheet of emoji, the ones a support desk needs.
import { $ } from "./dom.js";

const EMOJI = [..."😀😄😊🙂😉😍🤗🤔😅😂😢😞😮🙏👍👎👌👏💪🤝❤🎉🎁🔥⭐✅❌⚠❓❗📦🚚🛒💳🧾👟👗💄📱⏰"];

/** Options: button, field. */
export function startEmoji({ button, field }) {
  const sheet = $("[data-emoji]");
  const show = (on) => {
    sheet.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
    if (on) sheet.firstElementChild.focus();
  };
  sheet.append(...EMOJI.map(choice));
  button.addEventListener("click", () => show(sheet.hidden));
  sheet.addEventListener("click", ({ target }) => {
    const picked = target.closest("button");
    if (!picked) return;
    field.setRangeText(picked.textContent, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input"));
    show(false);
    field.focus();
  });
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show(false);
    field.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => !sheet.hidden && !sheet.contains(target) && !button.contains(target) && show(false));
}

function choice(emoji) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "popup__emoji";
  button.textContent = emoji;
  return button;
}
