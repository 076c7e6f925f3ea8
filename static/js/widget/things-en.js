// static/js/widget/things-en.js – the cards of orders and products in English.
import { openThing } from "./things.js";
import dictionary from "./strings-things-en.js";

export const open = (place, options) => openThing(place, dictionary, options);
