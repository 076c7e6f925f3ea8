// static/js/console/events.js – system lines and other codes of the desk, in the reader's words.
import { fill, gettext } from "./i18n.js";

const CLOSE_REASONS = {
  resolved: () => gettext("resolved"),
  agent_closed: () => gettext("closed by the agent"),
  spam: () => gettext("spam"),
  customer_ended: () => gettext("ended by the customer"),
  customer_silent: () => gettext("the customer did not answer"),
  customer_left: () => gettext("the customer left"),
  queue_abandoned: () => gettext("the customer gave up waiting"),
  bot_abandoned: () => gettext("the customer left the robot"),
};

const JOINS = {
  silent: () => gettext("%(name)s is watching"),
  whisper: () => gettext("%(name)s joined to help; the customer does not see it"),
  barge: () => gettext("%(name)s joined the chat"),
  takeover: () => gettext("%(name)s took the chat over"),
};

const REFUNDS = {
  requested: () => gettext("Refund of %(amount)s waits for approval"),
  approved: () => gettext("Refund of %(amount)s approved"),
  rejected: () => gettext("Refund of %(amount)s rejected"),
  cancelled: () => gettext("Refund of %(amount)s withdrawn"),
  unknown: () => gettext("The gateway did not answer clearly about %(amount)s; it is asked again"),
  succeeded: () => gettext("%(amount)s refunded"),
  failed: () => gettext("Refund of %(amount)s failed"),
};

const EVENTS = {
  assigned: ({ agent }) => fill(gettext("%(name)s took the chat"), { name: agent }),
  queued: ({ queue, opens_at: opensAt }) =>
    fill(opensAt ? gettext("Waiting in %(queue)s until the desk opens") : gettext("Waiting in %(queue)s"), { queue }),
  offer: ({ offer }) =>
    offer === "bot" ? gettext("The customer was offered the robot instead of waiting") : gettext("The customer was offered to leave a message"),
  queue_full: ({ queue }) => fill(gettext("%(queue)s was full: the customer was offered to leave a message"), { queue }),
  ticket_opened: ({ ticket }) => fill(gettext("Ticket %(number)s was opened"), { number: ticket }),
  returned: () => gettext("The customer went back to the robot"),
  requeued: ({ queue }) => fill(gettext("Back in %(queue)s: the agent was lost"), { queue }),
  transferred: ({ queue, agent }) => fill(gettext("Transferred to %(target)s"), { target: agent ?? queue }),
  closed: ({ reason }) => fill(gettext("Chat ended: %(reason)s"), { reason: closeReason(reason) }),
  rated: ({ score }) => fill(gettext("The customer rated the chat %(score)s of 5"), { score }),
  customer_left: () => gettext("The customer left the page"),
  warning: () => gettext("The customer was asked whether they are still there"),
  reopened: () => gettext("The customer came back"),
  joined: ({ mode, name, agent }) => fill((JOINS[mode] ?? JOINS.barge)(), { name: name ?? agent }),
  refund: ({ state, amount }) => fill((REFUNDS[state] ?? REFUNDS.requested)(), { amount }),
  left: ({ name, agent }) => fill(gettext("%(name)s left the chat"), { name: name ?? agent }),
};

/** The system line of an event frame; unknown events speak the server's English. */
export function eventText({ body, payload = {} }, sender = "") {
  const words = EVENTS[payload.event];
  return words ? words({ agent: sender, name: sender, ...payload }) : body;
}

export function closeReason(code) {
  return CLOSE_REASONS[code]?.() ?? code ?? "";
}

export function statusText(status) {
  return {
    bot: gettext("With the robot"),
    queued: gettext("Waiting"),
    active: gettext("Active"),
    wrap_up: gettext("Wrap-up"),
    closed: gettext("Closed"),
  }[status] ?? status;
}

export function channelText(channel) {
  return { web: gettext("Web"), app: gettext("App"), mini_program: gettext("Mini program"), email: gettext("E-mail") }[channel] ?? channel;
}

/** What a list row says of a last message without text. */
export function kindText(kind) {
  return {
    image: gettext("Image"),
    file: gettext("File"),
    order_card: gettext("Order"),
    product_card: gettext("Product"),
    article: gettext("Article"),
    recall: gettext("Message withdrawn"),
  }[kind] ?? "";
}
