// static/js/widget/main-zh-hans.js – the widget in Simplified Chinese.
import dictionary from "./strings-zh-hans.js";
import { start } from "./main.js";

start(dictionary, "zh-CN", (name) => import(`./${name}-zh-hans.js`));
