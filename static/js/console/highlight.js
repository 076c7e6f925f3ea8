// static/js/console/highlight.js – words marked in the text that stands on the screen, without touching its nodes.

const NAMES = ["found", "found-here"];

/** Mark every one of `words` in the bubbles of `root`, those of the turn `here` more strongly. No words: no marks. */
export function highlight(root, words, here = null) {
  if (!CSS.highlights) return;
  for (const name of NAMES) CSS.highlights.delete(name);
  const wanted = words.map((word) => word.toLowerCase()).filter(Boolean);
  if (!wanted.length) return;
  const bubbles = [...root.querySelectorAll("[data-bubble]")];
  const [there, at] = [bubbles.filter((bubble) => !here?.contains(bubble)), bubbles.filter((bubble) => here?.contains(bubble))];
  CSS.highlights.set("found", new Highlight(...there.flatMap((bubble) => rangesIn(bubble, wanted))));
  CSS.highlights.set("found-here", new Highlight(...at.flatMap((bubble) => rangesIn(bubble, wanted))));
}

/** Where `words` (in small letters) stand in the text of `node`. */
export function rangesIn(node, words) {
  const ranges = [], walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, small = text.data.toLowerCase();
    if (small.length !== text.data.length) continue; // a letter that grows when made small: places would be off
    for (const word of words) {
      for (let at = small.indexOf(word); at >= 0; at = small.indexOf(word, at + word.length)) {
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, at + word.length);
        ranges.push(range);
      }
    }
  }
  return ranges;
}
