// Listens to the controller, and tries again for as long as the page is open.

const pause = 2000;
const staleAfter = 20000;

/** Calls `take` with each board; `whole` says whether it carries histories. `state` gives "live", "stale", "reconnecting" or "loading". */
export function listen(take) {
  let source, timer;
  const connection = { state: "loading", since: Date.now(), heard: 0, onchange: () => {} };

  function become(state) {
    if (connection.state === state) return;
    connection.state = state;
    connection.since = Date.now();
    connection.onchange();
  }

  function heard(event, whole) {
    connection.heard = Date.now();
    take(JSON.parse(event.data), whole);
    become("live");
  }

  function open() {
    clearTimeout(timer);
    source = new EventSource("/board/events");
    source.addEventListener("board", (event) => heard(event, true));
    source.addEventListener("update", (event) => heard(event, false));
    source.onerror = () => {
      become("reconnecting");
      // A refusal (too many pages listen) ends the browser's own attempts.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, pause);
    };
  }

  setInterval(() => {
    if (connection.state === "live" && Date.now() - connection.heard > staleAfter) become("stale");
  }, 1000);
  // A page that the browser keeps for "back" must not hold its place among the listeners.
  addEventListener("pagehide", () => { clearTimeout(timer); source.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  open();
  return connection;
}
