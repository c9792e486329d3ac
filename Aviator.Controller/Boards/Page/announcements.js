// Says to screen readers what changed, in few words: the connection, and the states of pods.

const most = 3;
let states = new Map();
let policyShown = "";

/** Says sentences; more than a few are only counted. */
export function announce(sentences) {
  const said = sentences.filter(Boolean);
  if (said.length === 0) return;
  const more = said.length - most;
  document.getElementById("announcements").textContent = said.slice(0, most).join(" ") + (more > 0 ? ` And ${more} more.` : "");
}

/** Says which pods of the policy changed their state since it was last called for it. */
export function announceStates(policy) {
  const key = `${policy.namespace}/${policy.name}`;
  const next = new Map(policy.endpoints.map((endpoint) => [endpoint.pod, endpoint.state]));
  if (key === policyShown) {
    announce([...next].filter(([pod, state]) => states.has(pod) && states.get(pod) !== state).map(([pod, state]) => `${pod}: ${state}.`));
  }
  [states, policyShown] = [next, key];
}
