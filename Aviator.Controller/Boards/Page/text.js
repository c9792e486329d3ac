// Words, figures and elements. All text goes in as text: names of pods come from the cluster and are not to be trusted.

/** Creates an element with a class and children; strings become text. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Sets an element's text, only if it is another, so that nothing is laid out in vain. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Sets an attribute, only if it is another; null removes it. */
export function setAttribute(target, name, value) {
  if (value === null) target.removeAttribute(name);
  else if (target.getAttribute(name) !== String(value)) target.setAttribute(name, value);
}

/** Milliseconds as people read them. */
export function latency(ms) {
  if (ms === undefined || ms === null) return "–";
  if (ms >= 60000) return "≥ 60 s";
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** How many, where that may be a mean. */
export function count(number) {
  if (number === undefined || number === null) return "–";
  return number.toFixed(number < 10 && !Number.isInteger(number) ? 1 : 0);
}

/** A share of 0 to 1 in percent. */
export function percent(share) {
  if (share === undefined || share === null) return "–";
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** A length of time in milliseconds, roughly. */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

/** The time of day of a Unix time in milliseconds, by the reader's clock. */
export const timeOfDay = (ms) => new Date(ms).toLocaleTimeString([], { hour12: false });

/** How a state looks: its colour and a mark, so that it never depends on the colour alone. */
export const looks = {
  Selected: ["good", "●"],
  New: ["good", "✦"],
  Unselected: ["warn", "○"],
  Dormant: ["warn", "◌"],
  Ejected: ["bad", "✕"],
  Trial: ["try", "◐"],
  Admitted: ["good", "▲"],
  Readmitted: ["good", "▲"],
  Excluded: ["warn", "▼"],
};

/** Makes a badge show a state by its word, mark and colour. */
export function setBadge(badge, word, [tone, mark] = looks[word] ?? ["", "•"]) {
  setText(badge, word);
  setAttribute(badge, "data-tone", tone);
  setAttribute(badge, "data-mark", mark);
}
