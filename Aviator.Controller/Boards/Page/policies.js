// The list of policies; the one that is shown stands in the address, so that a link leads to it.
import { element, latency, setAttribute, setBadge, setText } from "./text.js";

const keyOf = (policy) => `${policy.namespace}/${policy.name}`;

/** How a policy stands, in a word with its look. */
export function standing(policy) {
  if (policy.ready.status === "False" && policy.degraded.status === "True") return ["Degraded", ["bad", "!"]];
  if (policy.mode === "Observe") return [policy.ready.status === "True" ? "Observing" : "Not ready", policy.ready.status === "True" ? ["try", "◇"] : ["bad", "!"]];
  if (policy.steering.status === "True") return ["Steering", ["good", "●"]];
  return policy.ready.status === "Unknown" ? ["Starting", ["", "…"]] : ["Not steering", ["warn", "!"]];
}

export class PolicyList {
  #items = new Map();
  #list = document.getElementById("policies");

  constructor(onchange) {
    addEventListener("hashchange", onchange);
  }

  /** Shows the policies; returns the one that is chosen. */
  show(policies) {
    const wanted = decodeURIComponent(location.hash.slice(1));
    const selected = policies.find((policy) => keyOf(policy) === wanted) ?? policies[0];
    const keys = new Set(policies.map(keyOf));
    for (const [key, item] of this.#items) {
      if (keys.has(key)) continue;
      item.entry.remove();
      this.#items.delete(key);
    }
    policies.forEach((policy, index) => {
      const item = this.#itemOf(keyOf(policy));
      if (this.#list.children[index] !== item.entry) this.#list.insertBefore(item.entry, this.#list.children[index] ?? null);
      this.#fill(item, policy, policy === selected);
    });
    return selected;
  }

  #itemOf(key) {
    if (this.#items.has(key)) return this.#items.get(key);
    const [name, badge, figures, p99] = [element("span", "name"), element("span", "badge"), element("span"), element("span")];
    const button = element("button", "", name, element("span", "line", badge, p99), element("span", "line", figures));
    button.type = "button";
    button.addEventListener("click", () => { location.hash = encodeURIComponent(key); });
    const item = { entry: element("li", "", button), button, name, badge, figures, p99 };
    this.#items.set(key, item);
    return item;
  }

  #fill(item, policy, isSelected) {
    setText(item.name, keyOf(policy));
    setBadge(item.badge, ...standing(policy));
    setText(item.figures, policy.mode === "Observe" ? `would use ${policy.active} of ${policy.total} pods` : `${policy.active} of ${policy.total} pods in use`);
    setText(item.p99, `p99 ${latency(policy.p99Ms)}`);
    setAttribute(item.button, "aria-current", isSelected ? "true" : null);
  }
}
