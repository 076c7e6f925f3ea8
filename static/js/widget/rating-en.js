// static/js/widget/rating-en.js – the rating in English.
import { openRating } from "./rating.js";
import dictionary from "./strings-rating-en.js";

export const open = (place, options) => openRating(place, dictionary, options);
