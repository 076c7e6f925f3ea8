// static/js/chat/trouble.js – what is wrong with a connection, in one word for both screens.

/**
 * `news`: the last `onState` of a ChatSocket. {kind, seconds}: kind "" (nothing is wrong), refused, offline (the browser
 * has no network), restarting (the server said so), stale (silent, being asked), waiting or connecting; seconds until
 * the next attempt, 0 while one is under way.
 */
export function troubleOf({ state, code, retryAt, stale }, now, online = navigator.onLine) {
  if (state === "refused") return { kind: "refused", seconds: 0 };
  if (state === "closed" || (state === "online" && !stale)) return { kind: "", seconds: 0 };
  const seconds = state === "waiting" ? Math.max(0, Math.ceil((retryAt - now) / 1_000)) : 0;
  if (!online) return { kind: "offline", seconds };
  if (code === 1001) return { kind: "restarting", seconds };
  return { kind: state === "online" ? "stale" : state, seconds };
}
