// The plots, by uPlot (uplot.js, loaded before): how a pod answered over time, with marks where a decision moved it.
import { latency } from "./text.js";

const { uPlot } = globalThis;

/** In place of a plot where this controller was built without uPlot: the figures beside it say the same. */
const none = { update() {}, destroy() {} };

/** The page's colours, as a canvas needs them. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

const isOut = (entry) => entry.kind === "Excluded" || entry.kind === "Ejected";

/** Draws a line at each decision, with a triangle that points down where a pod was taken out and up where it was let in. */
function drawMarks(plot, marks, colour, size) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const entry of marks) {
    const x = Math.round(plot.valToPos(entry.atMs / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(isOut(entry) ? "bad" : "good");
    ctx.globalAlpha = 0.55;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 1;
    const [half, top] = [size * devicePixelRatio, bbox.top];
    const [base, tip] = isOut(entry) ? [top, top + half * 1.5] : [top + half * 1.5, top];
    ctx.beginPath();
    ctx.moveTo(x - half, base);
    ctx.lineTo(x + half, base);
    ctx.lineTo(x, tip);
    ctx.fill();
  }
  ctx.restore();
}

const powersOfTen = (_, splits) => splits.map((value) => (Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6) ? value : null));

/** A line needs two figures; until then the one is shown as a point. */
const points = { show: (plot, index) => plot.data[index].filter((figure) => figure !== null).length < 2, size: 5 };

/** The figures as uPlot takes them, times in seconds. A single time would be shown amid a day, so another without figures precedes it. */
function dataOf(times, columns) {
  if (times.length !== 1) return [times.map((ms) => ms / 1000), ...columns];
  return [[times[0] / 1000 - 30, times[0] / 1000], ...columns.map((column) => [null, ...column])];
}

/** A small plot of one pod: p99 above p50. `update(times, history, marks)` gives it other figures. */
export function small(target, colour) {
  if (!uPlot) return none;
  let marks = [];
  const plot = new uPlot({
    width: Math.max(60, target.clientWidth), height: Math.max(30, target.clientHeight), padding: [4, 2, 2, 2],
    cursor: { show: false }, legend: { show: false }, select: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(most ?? 1, 0.1) * 1.08] } },
    series: [
      {},
      { stroke: colour("plot-p99"), width: 1.5, points },
      { stroke: colour("plot-p50"), width: 1.5, fill: colour("plot-band"), points },
    ],
    hooks: { draw: [(drawn) => drawMarks(drawn, marks, colour, 3)] },
  }, [[], [], []], target);
  return {
    update(times, history, decisions) {
      marks = decisions;
      plot.setData(dataOf(times, [history.p99Ms, history.p50Ms]));
    },
    destroy: () => plot.destroy(),
  };
}

/** The plot of all pods of a policy; `onCursor(index)` is called with the column under the pointer, null when it leaves. */
export function overview(target, colour, onCursor) {
  if (!uPlot) {
    target.textContent = "This controller was built without uPlot, so there are no plots.";
    return none;
  }
  let marks = [];
  const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  const size = () => ({ width: Math.max(200, target.clientWidth), height: Math.max(120, target.clientHeight) });
  const plot = new uPlot({
    ...size(), padding: [10, 26, 0, 0], legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { distr: 3 } },
    axes: [
      { ...axis, values: (_, splits) => splits.map((at) => new Date(at * 1000).toLocaleTimeString([], { hour12: false })), space: 80, size: 26 },
      { ...axis, grid: { ...axis.grid, filter: powersOfTen }, filter: powersOfTen, size: 58, values: (_, splits) => splits.map((value) => (value === null ? "" : latency(value))) },
    ],
    series: [
      {},
      { stroke: colour("plot-p99"), width: 2, points },
      { stroke: colour("plot-p50"), width: 2, points },
      { stroke: colour("muted"), width: 1.5, dash: [2, 3], points },
    ],
    bands: [{ series: [1, 3], fill: colour("plot-band") }],
    hooks: { draw: [(drawn) => drawMarks(drawn, marks, colour, 5)], setCursor: [(moved) => onCursor(moved.cursor.idx ?? null)] },
  }, [[], [], [], []], target);
  const observer = new ResizeObserver(() => plot.setSize(size()));
  observer.observe(target);
  return {
    update(times, columns, decisions) {
      marks = decisions;
      // A logarithm needs figures above zero.
      plot.setData(dataOf(times, columns.map((column) => column.map((figure) => (figure === null ? null : Math.max(figure, 0.01))))));
    },
    destroy() { observer.disconnect(); plot.destroy(); },
  };
}
