// The policy that is chosen: how it stands, its figures, the plot of its pods, their table and its decisions.
import { announceStates } from "./announcements.js";
import { spread } from "./history.js";
import { colours, overview } from "./plots.js";
import { PodTable } from "./pods.js";
import { standing } from "./policies.js";
import { duration, element, latency, percent, setAttribute, setBadge, setText, timeOfDay } from "./text.js";
import { Timeline } from "./timeline.js";

const byId = (id) => document.getElementById(id);

export class PolicyView {
  #now;
  #policy;
  #columns = [[], [], []];
  #plot = null;
  #cursor = null;
  #pods;
  #timeline;
  #badge = element("span", "badge");
  #sentence = element("span");

  constructor(now) {
    this.#now = now;
    this.#pods = new PodTable(now);
    this.#timeline = new Timeline(now, (pod) => this.#pods.reveal(pod));
    byId("policy-state").append(this.#badge, this.#sentence);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#plot?.destroy();
      this.#plot = null;
      this.#pods.redraw();
      if (this.#policy) this.show(this.#policy);
    });
  }

  show(policy) {
    this.#policy = policy;
    setText(byId("policy-title"), `${policy.namespace}/${policy.name}`);
    setText(byId("policy-what"), `Service ${policy.service} · mode ${policy.mode} · routing ${policy.routing}${policy.engine ? ` · engine ${policy.engine}` : ""} · measured by ${policy.source ?? "nothing yet"}`);
    setBadge(this.#badge, ...standing(policy));
    setText(this.#sentence, policy.ready.message);
    const note = noteOf(policy);
    setText(byId("policy-note"), note ?? "");
    byId("policy-note").hidden = !note;
    this.#showFigures();
    this.#columns = spread(policy);
    this.#plot ??= overview(byId("overview"), colours(), (index) => this.#readOut(index));
    this.#plot.update(policy.historyAtMs, this.#columns, policy.decisions);
    this.#readOut(this.#cursor);
    setAttribute(byId("overview"), "aria-label", `Over time: slowest pod's p99 now ${latency(this.#columns[0].at(-1))}, middle ${latency(this.#columns[1].at(-1))}, fastest ${latency(this.#columns[2].at(-1))}; ${policy.decisions.length} changes by decisions.`);
    this.#pods.show(policy);
    this.#timeline.show(policy);
    announceStates(policy);
  }

  /** Shows what grows old. */
  tick() {
    this.#showFigures();
    this.#pods.tick();
    this.#timeline.tick();
  }

  #showFigures() {
    const policy = this.#policy;
    const out = policy.endpoints.filter((endpoint) => !endpoint.inUse).length;
    const figures = [
      [policy.mode === "Observe" ? "Would be in use" : "In use", `${policy.active} of ${policy.total}`],
      [policy.mode === "Observe" ? "Would be out" : "Out of use", String(out)],
      ["p99", latency(policy.p99Ms)], ["Mean", latency(policy.averageMs)], ["Coverage", percent(policy.coverage)],
      ["Evaluated", policy.evaluatedAtMs ? `${duration(this.#now() - policy.evaluatedAtMs)} ago` : "not yet"],
    ];
    const list = byId("figures");
    if (list.children.length === 0) for (const _ of figures) list.append(element("div", "", element("dt"), element("dd")));
    figures.forEach(([name, value], index) => {
      setText(list.children[index].children[0], name);
      setText(list.children[index].children[1], value);
    });
  }

  #readOut(index) {
    this.#cursor = index;
    const last = this.#policy.historyAtMs.length - 1;
    index = Math.min(index ?? last, last); // no pointer over the plot: the last
    const at = this.#policy.historyAtMs[index];
    if (at === undefined) return setText(byId("readout"), "");
    const [slowest, middle, fastest] = this.#columns.map((column) => latency(column[index]));
    const until = this.#policy.historyAtMs[index + 1] ?? Infinity;
    const changes = this.#policy.decisions.filter((entry) => entry.atMs >= at && entry.atMs < until).map((entry) => `${entry.pod} ${entry.kind.toLowerCase()}`);
    setText(byId("readout"), [`${timeOfDay(at)}: slowest ${slowest}, middle ${middle}, fastest ${fastest}`, ...changes.slice(0, 3)].join(" · "));
  }
}

/** What stands between the decisions and the traffic, if anything does. */
function noteOf(policy) {
  if (policy.mode === "Observe") {
    return ["This policy only observes: what is shown is what it would do, and the Service is left alone.", ...gainOf(policy.gain)].join(" ");
  }
  if (policy.steering.status !== "True") return `What is decided is not in force, so every ready pod gets traffic. ${policy.steering.message}`;
  return policy.degraded.status === "True" && policy.degraded.message !== policy.ready.message ? policy.degraded.message : null;
}

/** What enforcing would gain, and what that figure does not know. */
function gainOf(gain) {
  if (!gain) return [];
  return [
    `Enforced, it would move ${percent(gain.moved)} of the requests.`,
    `Now the p99 of all answers is ${latency(gain.p99NowMs)} and the median ${latency(gain.p50NowMs)};`,
    `of those from where requests would go they are ${latency(gain.p99Ms)} and ${latency(gain.p50Ms)}.`,
    "That leaves out what the moved requests do to the pods that take them.",
  ];
}
