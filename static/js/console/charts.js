// static/js/console/charts.js – draws the charts of a page: <canvas data-chart="id of a json_script">. Needs Chart.js.
import { $, $$ } from "./dom.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const drawn = new Map(); // canvas id → Chart

function bars({ answered, abandoned, words }) {
  const bar = (label, data, fill) => ({ type: "bar", label, data, backgroundColor: fill, stack: "came", maxBarThickness: 28, borderRadius: 3, order: 2 });
  return [bar(words.answered, answered, colour("--accent")), bar(words.abandoned, abandoned, colour("--amber-solid"))];
}

function level({ level: data, words }) {
  const line = colour("--green-solid");
  return { type: "line", label: words.level, data, yAxisID: "share", borderColor: line, backgroundColor: line, borderWidth: 2, pointRadius: 3, spanGaps: true, clip: 6, order: 1 };
}

function options() {
  const text = colour("--text-quiet"), grid = { color: colour("--grey-4") };
  const ticks = { color: text, font: { size: 12 } };
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    plugins: { legend: { position: "bottom", labels: { color: text, boxWidth: 8, boxHeight: 8, usePointStyle: true, pointStyle: "circle" } } },
    scales: {
      x: { stacked: true, grid: { display: false }, ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 12 } },
      y: { stacked: true, beginAtZero: true, grid, ticks: { ...ticks, precision: 0 } },
      share: { position: "right", min: 0, max: 100, grid: { display: false }, ticks: { ...ticks, stepSize: 20, callback: (value) => `${value} %` } },
    },
  };
}

function draw() {
  for (const [id, chart] of drawn) {
    chart.destroy();
    drawn.delete(id);
  }
  for (const canvas of $$("[data-chart]")) {
    const data = JSON.parse($(`#${canvas.dataset.chart}`).textContent);
    drawn.set(canvas.dataset.chart, new window.Chart(canvas, { data: { labels: data.labels, datasets: [...bars(data), level(data)] }, options: options() }));
  }
}

draw();
document.addEventListener("htmx:afterSwap", ({ target }) => target.querySelector?.("[data-chart]") && draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
