// The nodes that reports came from.
import { duration, element, percent, setText } from "./text.js";

const body = document.getElementById("nodes");

/** Shows the nodes; `since` is the time since the board was made, in milliseconds. */
export function showNodes(nodes, since) {
  document.getElementById("no-nodes").hidden = nodes.length > 0;
  while (body.children.length > nodes.length) body.lastElementChild.remove();
  nodes.forEach((node, index) => {
    const row = body.children[index] ?? body.appendChild(makeRow());
    const figures = [node.node, node.source, node.hooks ?? "–", percent(node.coverage), duration(node.reportAgeMs + Math.max(0, since)), node.passing ?? "no"];
    figures.forEach((text, column) => setText(row.children[column], text));
  });
}

function makeRow() {
  const name = element("th");
  name.scope = "row";
  return element("tr", "", name, element("td"), element("td"), element("td", "number"), element("td", "number"), element("td"));
}
