// static/js/widget/rating-zh-hans.js – the rating in Chinese.
import { openRating } from "./rating.js";
import dictionary from "./strings-rating-zh-hans.js";

export const open = (place, options) => openRating(place, dictionary, options);
