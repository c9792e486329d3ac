// The table of pods. Rows out of view are skipped by the browser, and their plots are made only once they are seen.
import { colours, small } from "./plots.js";
import { PodRow } from "./podrow.js";
import { setText } from "./text.js";

const resortAfter = 8000;

export class PodTable {
  #now;
  #rows = new Map();
  #body = document.querySelector("#pods tbody");
  #filter = document.getElementById("filter");
  #shown = "";
  #sortedAt = 0;
  #seen;
  #policy;

  constructor(now) {
    this.#now = now;
    this.#filter.addEventListener("input", () => this.#applyFilter());
    this.#seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const row = this.#rows.get(entry.target.dataset.pod);
        if (entry.isIntersecting) row?.draw(this.#policy, () => small(row.plotCell, colours()));
        else row?.erase();
      }
    }, { rootMargin: "200px" });
  }

  /** Shows a policy's pods. */
  show(policy) {
    const key = `${policy.namespace}/${policy.name}`;
    if (key !== this.#shown) this.#clear(key);
    this.#policy = policy;
    const wanted = new Set(policy.endpoints.map((endpoint) => endpoint.pod));
    for (const [pod, row] of this.#rows) if (!wanted.has(pod)) this.#remove(pod, row);
    let moved = false;
    for (const endpoint of policy.endpoints) {
      const row = this.#rows.get(endpoint.pod) ?? this.#add(endpoint.pod);
      moved = row.show(endpoint, policy, this.#now()) || moved;
    }
    this.#sort(policy.endpoints, moved);
    this.#applyFilter();
  }

  tick() {
    for (const row of this.#rows.values()) row.tick(this.#now());
  }

  /** Brings a pod into view. */
  reveal(pod) {
    const row = this.#rows.get(pod);
    if (!row) return;
    this.#filter.value = "";
    this.#applyFilter();
    row.reveal();
  }

  /** Makes the plots anew, for other colours. */
  redraw() {
    for (const row of this.#rows.values()) {
      row.erase();
      this.#seen.unobserve(row.plotCell);
      this.#seen.observe(row.plotCell);
    }
  }

  #add(pod) {
    const row = new PodRow(pod);
    this.#rows.set(pod, row);
    this.#body.append(row.element);
    this.#seen.observe(row.plotCell);
    return row;
  }

  #remove(pod, row) {
    this.#seen.unobserve(row.plotCell);
    row.erase();
    row.element.remove();
    this.#rows.delete(pod);
  }

  #clear(key) {
    for (const [pod, row] of this.#rows) this.#remove(pod, row);
    [this.#shown, this.#sortedAt] = [key, 0];
  }

  /** Sorts at once when a pod came or changed sides, else now and then, and never under the reader's pointer or focus. */
  #sort(endpoints, moved) {
    const busy = this.#body.matches(":hover, :focus-within");
    if (!moved && (busy || Date.now() - this.#sortedAt < resortAfter)) return;
    this.#sortedAt = Date.now();
    endpoints.forEach((endpoint, index) => {
      const { element } = this.#rows.get(endpoint.pod);
      const there = this.#body.children[index];
      if (there !== element) this.#body.insertBefore(element, there ?? null);
    });
  }

  #applyFilter() {
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of this.#rows.values()) if (row.match(words)) count++;
    const empty = document.getElementById("no-pods");
    empty.hidden = count > 0;
    setText(empty, this.#rows.size === 0 ? "The Service has no ready pod, or nothing was evaluated yet." : "No pod matches the filter.");
    setText(document.getElementById("pods-title"), words.length ? `Pods (${count} of ${this.#rows.size})` : `Pods (${this.#rows.size})`);
  }
}
