// static/js/widget/message-en.js – the message form in English.
import { openMessage } from "./message.js";
import dictionary from "./strings-message-en.js";

export const open = (place, options) => openMessage(place, dictionary, options);
