// static/js/console/signed-out.js – a part of the page that came no more because the session has ended: a way back in, nothing lost.
import { gettext } from "./i18n.js";

export const SIGNED_OUT = 401;

/** Options: toasts, loginUrl. What stands on the page stays as it is. */
export function startSignedOut({ toasts, loginUrl }) {
  let told = null;
  const signIn = () => location.assign(`${loginUrl}?${new URLSearchParams({ next: location.pathname + location.search })}`);
  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status !== SIGNED_OUT || told?.isConnected) return;
    told = toasts.say(gettext("You were signed out."), { action: signIn, label: gettext("Sign in again"), stays: true });
  });
}
