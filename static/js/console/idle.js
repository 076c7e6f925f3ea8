// static/js/console/idle.js – tells the server when somebody last touched the page, so that an abandoned one ends.
const TOLD_EVERY = 240_000; // ms; well within the shortest sensible time-out

let touchedAt = Date.now(), toldAt = Date.now();

/** Header of requests that the page makes by itself: seconds since the last touch. */
export function idleHeader() {
  return { "X-Idle": String(Math.round((Date.now() - touchedAt) / 1000)) };
}

/** Watch for touches; `url` is told of them now and then, for pages that ask for nothing else. */
export function startIdle(url) {
  const touch = () => {
    touchedAt = Date.now();
    if (touchedAt - toldAt < TOLD_EVERY) return;
    toldAt = touchedAt;
    fetch(url, { headers: idleHeader() }).catch(() => {});
  };
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) addEventListener(kind, touch, { passive: true, capture: true });
  document.addEventListener("htmx:configRequest", ({ detail }) => Object.assign(detail.headers, idleHeader()));
}
