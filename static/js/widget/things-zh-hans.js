// static/js/widget/things-zh-hans.js – the cards of orders and products in Chinese.
import { openThing } from "./things.js";
import dictionary from "./strings-things-zh-hans.js";

export const open = (place, options) => openThing(place, dictionary, options);
