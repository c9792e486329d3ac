// One pod's row.
import { count, duration, element, latency, percent, setAttribute, setBadge, setText } from "./text.js";

function cell(className, label, ...children) {
  const made = element(className === "name" ? "th" : "td", className, ...children);
  made.setAttribute("role", className === "name" ? "rowheader" : "cell");
  if (className === "name") made.scope = "row";
  if (label) made.dataset.label = label;
  return made;
}

function bar() {
  const [text, meter] = [element("span"), element("meter")];
  meter.setAttribute("aria-hidden", "true");
  return { element: element("span", "bar", text, meter), set(words, share) { setText(text, words); meter.value = share ?? 0; } };
}

export class PodRow {
  #endpoint = null;
  #observes = false;
  #plot = null;
  #words = "";
  #parts;

  constructor(pod) {
    const parts = { place: element("span", "place"), badge: element("span", "badge"), since: element("span", "since"), why: element("span"), engine: element("span", "engine"), p50: cell("number", "p50"), p99: cell("number", "p99"), inFlight: cell("number", "In flight"), share: bar(), weight: bar() };
    this.#parts = parts;
    this.plotCell = element("div", "plot");
    this.plotCell.dataset.pod = pod;
    this.plotCell.setAttribute("role", "img");
    this.element = element("tr", "", cell("name", null, element("span", "pod-name", pod), parts.place), cell("state", null, parts.badge, parts.since), cell("why", null, parts.why, parts.engine), cell("plot-cell", null, this.plotCell), parts.p50, parts.p99, parts.inFlight, cell("share", "Requests", parts.share.element), cell("weight", "Weight", parts.weight.element));
    this.element.setAttribute("role", "row");
  }

  /** Shows the pod as it stands; returns whether it is new or changed sides. */
  show(endpoint, policy, now) {
    const before = this.#endpoint;
    this.#endpoint = endpoint;
    this.#observes = policy.mode === "Observe";
    const { place, badge, why, engine, p50, p99, inFlight, share, weight } = this.#parts;
    setAttribute(this.element, "data-out", String(!endpoint.inUse));
    setAttribute(this.element, "data-state", endpoint.state);
    setText(place, [endpoint.address, endpoint.node, endpoint.zone].filter(Boolean).join(" · "));
    setBadge(badge, endpoint.state);
    setText(why, endpoint.reason);
    setText(engine, policy.engine ? `Engine: ${count(endpoint.engineWaiting)} waiting · cache ${percent(endpoint.engineCacheUse)}` : "");
    setText(p50, latency(endpoint.p50Ms));
    setText(p99, latency(endpoint.p99Ms));
    setText(inFlight, String(endpoint.inFlight));
    share.set(percent(endpoint.trafficShare), endpoint.trafficShare);
    weight.set(endpoint.weight > 0 ? percent(endpoint.weight) : "none", endpoint.weight);
    this.tick(now);
    this.#words = [endpoint.pod, endpoint.node, endpoint.zone, endpoint.address, endpoint.state, endpoint.reason].join(" ").toLowerCase();
    setAttribute(this.plotCell, "aria-label", `p50 ${latency(endpoint.p50Ms)}, p99 ${latency(endpoint.p99Ms)}, from ${endpoint.samples} samples`);
    if (this.#plot) this.#feed(policy);
    return before === null || before.inUse !== endpoint.inUse || before.state !== endpoint.state;
  }

  /** Shows how long it has been so, and until when its circuit breaker is open. */
  tick(now) {
    const { sinceMs, ejectedUntilMs, inUse } = this.#endpoint;
    const left = ejectedUntilMs === undefined ? 0 : ejectedUntilMs - now;
    const parts = [this.#observes && !inUse ? "would get nothing" : "", sinceMs === undefined ? "" : `for ${duration(now - sinceMs)}`, left > 0 ? `at least ${duration(left)} more` : ""];
    setText(this.#parts.since, parts.filter(Boolean).join(", "));
  }

  /** Makes its plot. */
  draw(policy, make) {
    if (this.#plot || !policy) return;
    this.#plot = make();
    this.#feed(policy);
  }

  erase() {
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** Hides it unless it holds all the words; returns whether it is shown. */
  match(words) {
    const found = words.every((word) => this.#words.includes(word));
    if (this.element.hidden === found) this.element.hidden = !found;
    return found;
  }

  reveal() {
    this.element.scrollIntoView({ block: "center" });
    this.element.classList.remove("flash");
    void this.element.offsetWidth; // starts the animation again
    this.element.classList.add("flash");
  }

  #feed(policy) {
    const { pod, history } = this.#endpoint;
    this.#plot.update(policy.historyAtMs, history ?? { p50Ms: [], p99Ms: [] }, policy.decisions.filter((entry) => entry.pod === pod));
  }
}
