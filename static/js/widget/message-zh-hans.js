// static/js/widget/message-zh-hans.js – the message form in Chinese.
import { openMessage } from "./message.js";
import dictionary from "./strings-message-zh-hans.js";

export const open = (place, options) => openMessage(place, dictionary, options);
