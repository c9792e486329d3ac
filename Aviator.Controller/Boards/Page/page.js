// The page: takes boards in, and shows the newest of them once per frame.
import { announce } from "./announcements.js";
import { listen } from "./connection.js";
import { grow } from "./history.js";
import { showMessage } from "./message.js";
import { showNodes } from "./nodes.js";
import { PolicyList } from "./policies.js";
import { PolicyView } from "./policy.js";
import { duration, setAttribute, setText } from "./text.js";

const byId = (id) => document.getElementById(id);

let board = null;
let offset = 0; // of the controller's clock to the reader's, in milliseconds: ages and countdowns are by the controller's
let waiting = false;
const controllerNow = () => Date.now() - offset;
const view = new PolicyView(controllerNow);
const list = new PolicyList(render);

const connection = listen((next, whole) => {
  offset = Date.now() - next.atMs;
  board = whole ? next : grow(next, board);
  render();
});

connection.onchange = () => {
  const words = { live: "Connected to the controller.", stale: "No news from the controller.", reconnecting: "Connection lost, trying again." };
  announce([words[connection.state]]);
  render();
};

function render() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function draw() {
  showConnection();
  const shown = showMessage(board, connection);
  byId("content").hidden = !shown;
  byId("content").classList.toggle("stale", connection.state !== "live");
  if (!shown) return;
  setText(byId("cut"), board.cut ?? "");
  byId("cut").hidden = !board.cut;
  const selected = list.show(board.policies);
  view.show(selected, board.nodes);
  showNodes(board.nodes, controllerNow() - board.atMs);
  document.title = `${selected.name} ${selected.active}/${selected.total} · Aviator`;
}

function showConnection() {
  const age = duration(Date.now() - connection.heard);
  const words = {
    loading: "Connecting…",
    live: `Live, updated ${age} ago`,
    stale: `Stale: no news for ${age}`,
    reconnecting: connection.heard ? `Reconnecting: last news ${age} ago` : "Reconnecting: no answer yet",
  };
  setAttribute(byId("connection"), "data-state", connection.state);
  setText(byId("connection-text"), words[connection.state]);
  if (board) setText(byId("replica"), board.leads ? `${board.replica}, which leads` : `${board.replica}, which stands by`);
}

// What grows old by itself: ages and countdowns.
setInterval(() => {
  showConnection();
  if (board && !byId("content").hidden) {
    view.tick();
    showNodes(board.nodes, controllerNow() - board.atMs);
  }
}, 1000);
