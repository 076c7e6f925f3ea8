// static/js/console/presses.js – a press counts although the button was replaced by its like between going down and up.
const LIKE = ["id", "name", "value", "hx-post", "data-key", "data-do"];

export function startPresses() {
  let held = null;
  document.addEventListener("pointerdown", ({ target }) => { held = target.closest("button"); });
  document.addEventListener("pointerup", ({ target }) => {
    const now = target.closest("button");
    if (held && now && !held.isConnected && isLike(held, now)) now.click();
    held = null;
  });
}

function isLike(one, other) {
  const same = LIKE.every((name) => one.getAttribute(name) === other.getAttribute(name));
  return same && (Boolean(one.id) || one.textContent.trim() === other.textContent.trim());
}
