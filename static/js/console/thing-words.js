// static/js/console/thing-words.js – what agents read on cards of orders and products.
import { fill, gettext } from "./i18n.js";

const WORDS = {
  order: () => gettext("Order"),
  total: () => gettext("Total"),
  refunded: () => gettext("Refunded"),
  more: () => gettext("and %(count)s more"),
  open: () => gettext("Open the page"),
  order_pending: () => gettext("Not paid"),
  order_paid: () => gettext("Paid"),
  order_shipped: () => gettext("Shipped"),
  order_delivered: () => gettext("Delivered"),
  order_completed: () => gettext("Completed"),
  order_cancelled: () => gettext("Cancelled"),
  order_refunding: () => gettext("Being refunded"),
  order_refunded: () => gettext("Refunded"),
  order_unknown: () => gettext("Unknown"),
  parcel_pending: () => gettext("No news yet"),
  parcel_info_received: () => gettext("Announced"),
  parcel_in_transit: () => gettext("On its way"),
  parcel_customs: () => gettext("At customs"),
  parcel_out_for_delivery: () => gettext("Out for delivery"),
  parcel_available_for_pickup: () => gettext("Ready to pick up"),
  parcel_attempt_failed: () => gettext("Attempt failed"),
  parcel_delivered: () => gettext("Delivered"),
  parcel_returning: () => gettext("On its way back"),
  parcel_returned: () => gettext("Returned"),
  parcel_exception: () => gettext("Problem"),
  parcel_expired: () => gettext("No news for long"),
};

/** The words of things.js in the reader's language; a state that nobody has worded is shown as it is. */
export function thingWords(key, values = {}) {
  return Object.hasOwn(WORDS, key) ? fill(WORDS[key](), values) : key;
}
