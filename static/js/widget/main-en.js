// static/js/widget/main-en.js – the widget in English.
import dictionary from "./strings-en.js";
import { start } from "./main.js";

start(dictionary, "en", (name) => import(`./${name}-en.js`));
