// static/js/console/compose-state.js – whether the agent may write to this chat now, and if not, why. Pure.
import { fill, gettext, ngettext } from "./i18n.js";

/** {enabled, why, placeholder} for `row` (null: none is open), a mode and who the agent is. */
export function composeState(row, { mode, mine, joined = false, actions }) {
  if (!row) return off("");
  if (mode === "note") return noteState(row, actions);
  const name = row.customer?.name ?? "";
  if (row.status === "closed") return off(gettext("This chat has ended."));
  if (row.status === "wrap_up") return off(gettext("The customer's chat has ended. A note is still possible."));
  if (row.status === "queued") return off(gettext("Take this chat to answer it."));
  if (row.status === "bot") return off(gettext("The robot is answering. You can leave a note."));
  if (!actions.has("chat:SendMessage")) return off(gettext("Your role reads chats, it does not answer them."));
  if (!mine && !joined) return off(fill(gettext("%(name)s is answering. You can leave a note."), { name: row.agent?.name ?? "" }));
  return { enabled: true, why: "", placeholder: fill(gettext("Write to %(name)s…"), { name }) };
}

function noteState(row, actions) {
  if (!actions.has("chat:WriteNote")) return off(gettext("Your role does not write notes."));
  if (row.status === "closed") return off(gettext("This chat has ended."));
  return { enabled: true, why: "", placeholder: gettext("A note for colleagues; the customer never sees it…") };
}

function off(why) {
  return { enabled: false, why, placeholder: why };
}

/**
 * What stands between Enter and sending: {block, text}. New lines from a colleague always ask twice, as do those of
 * the customer that are below the edge of the screen; what the agent has in view only is told.
 */
export function guardState({ customer, colleagues }, { seen }) {
  if (!customer && !colleagues) return { block: false, text: "" };
  const count = customer + colleagues;
  const words = colleagues
    ? ngettext("%(count)s new message since you began, from a colleague", "%(count)s new messages since you began, also from colleagues", count)
    : ngettext("%(count)s new message since you began", "%(count)s new messages since you began", count);
  const text = fill(words, { count });
  return { block: colleagues > 0 || !seen, text };
}
