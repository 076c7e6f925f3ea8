// static/js/console/polls.js – parts of the page that are loaded again by the clock: that they no longer come is said once.
import { FAILURES } from "./parts.js";
import { SIGNED_OUT } from "./signed-out.js";
import { problemText } from "./sheet-forms.js";

export const isPoll = (node) => node.matches("[hx-trigger*='every ']");

/** What was told stays until one of them has come. */
export function startPolls({ toasts }) {
  let told = null;
  const failed = ({ detail: { elt, xhr } }) => {
    if (!isPoll(elt) || told?.isConnected || xhr.status === SIGNED_OUT) return;
    told = toasts.error(problemText(xhr), { stays: true });
  };
  for (const type of FAILURES) document.addEventListener(type, failed);
  document.addEventListener("htmx:afterOnLoad", ({ detail }) => isPoll(detail.elt) && detail.successful && told?.remove());
}
