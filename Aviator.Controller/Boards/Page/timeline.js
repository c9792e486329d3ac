// What decisions changed, newest first.
import { duration, element, setAttribute, setBadge, setText, timeOfDay } from "./text.js";

const most = 100;
const keyOf = (entry) => `${entry.atMs} ${entry.kind} ${entry.pod} ${entry.message}`;

export class Timeline {
  #now;
  #reveal;
  #list = document.getElementById("timeline");
  #shown = "";
  #entries = [];

  constructor(now, reveal) {
    this.#now = now;
    this.#reveal = reveal;
  }

  /** Shows a policy's decisions; those that stand there already stay as they are. */
  show(policy) {
    const key = `${policy.namespace}/${policy.name}`;
    if (key !== this.#shown) this.#list.replaceChildren();
    this.#shown = key;
    this.#entries = policy.decisions.slice(0, most);
    const first = this.#list.firstElementChild?.dataset.key;
    const known = first === undefined ? -1 : this.#entries.findIndex((entry) => keyOf(entry) === first);
    const fresh = known < 0 ? this.#entries : this.#entries.slice(0, known);
    if (known < 0) this.#list.replaceChildren();
    this.#list.prepend(...fresh.map((entry) => this.#item(entry)));
    while (this.#list.children.length > this.#entries.length) this.#list.lastElementChild.remove();
    document.getElementById("no-decisions").hidden = this.#entries.length > 0;
    this.tick();
  }

  tick() {
    this.#entries.forEach((entry, index) => {
      const time = this.#list.children[index]?.querySelector("time");
      if (time) setText(time, `${timeOfDay(entry.atMs)}, ${duration(this.#now() - entry.atMs)} ago`);
    });
  }

  #item(entry) {
    const badge = element("span", "badge");
    setBadge(badge, entry.kind);
    const time = element("time");
    time.dateTime = new Date(entry.atMs).toISOString();
    const pod = element("button", "", entry.pod ?? "policy");
    pod.type = "button";
    setAttribute(pod, "aria-label", `Show pod ${entry.pod ?? ""}`);
    if (entry.pod) pod.addEventListener("click", () => this.#reveal(entry.pod));
    const item = element("li", "", badge, time, pod, element("span", "why", entry.message));
    item.dataset.key = keyOf(entry);
    return item;
  }
}
