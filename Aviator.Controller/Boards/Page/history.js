// Keeps histories: a whole board brings them, and each update adds one figure.

const longest = 120;

const keyOf = (policy) => `${policy.namespace}/${policy.name}`;

/** Gives a board without histories those of the board before, grown by its own figures. */
export function grow(board, before) {
  const known = new Map((before?.policies ?? []).map((policy) => [keyOf(policy), policy]));
  for (const policy of board.policies) {
    const old = known.get(keyOf(policy));
    const times = old?.historyAtMs ?? [];
    const isNew = policy.evaluatedAtMs !== undefined && policy.evaluatedAtMs > (times.at(-1) ?? 0);
    policy.historyAtMs = isNew ? [...times, policy.evaluatedAtMs].slice(-longest) : times;
    const endpoints = new Map((old?.endpoints ?? []).map((endpoint) => [endpoint.pod, endpoint.history]));
    for (const endpoint of policy.endpoints) {
      const blank = times.map(() => null);
      const { p50Ms, p99Ms } = endpoints.get(endpoint.pod) ?? { p50Ms: blank, p99Ms: blank };
      endpoint.history = isNew
        ? { p50Ms: [...p50Ms, endpoint.p50Ms ?? null].slice(-longest), p99Ms: [...p99Ms, endpoint.p99Ms ?? null].slice(-longest) }
        : { p50Ms, p99Ms };
    }
  }
  return board;
}

/** At each time the slowest, the middle and the fastest of the endpoints' p99; null where there is none. */
export function spread(policy) {
  const columns = [[], [], []];
  policy.historyAtMs.forEach((_, index) => {
    const figures = policy.endpoints.map((endpoint) => endpoint.history?.p99Ms[index] ?? null).filter((figure) => figure !== null);
    figures.sort((one, other) => other - one);
    const [slowest, middle, fastest] = [figures[0], figures[figures.length >> 1], figures.at(-1)];
    columns[0].push(slowest ?? null);
    columns[1].push(middle ?? null);
    columns[2].push(fastest ?? null);
  });
  return columns;
}
