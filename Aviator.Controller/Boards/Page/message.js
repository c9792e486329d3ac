// What stands in place of policies while there are none to show.
import { setText } from "./text.js";

const byId = (id) => document.getElementById(id);

/** Shows the message that fits; returns whether the policies are shown instead. */
export function showMessage(board, connection) {
  const [title, text, command] = messageOf(board, connection) ?? [];
  byId("message").hidden = title === undefined;
  if (title === undefined) return true;
  setText(byId("message-title"), title);
  setText(byId("message-text"), text);
  setText(byId("message-command"), command ?? "");
  byId("message-command").hidden = !command;
  return false;
}

function messageOf(board, connection) {
  if (!board) {
    return connection.state === "reconnecting"
      ? ["The controller does not answer", "The page tries again every 2 seconds. If you opened it by kubectl port-forward, see that this still runs."]
      : ["Reading the board…", "The controller sends it as soon as it has one."];
  }
  if (!board.leads) {
    return board.leader
      ? [`Replica ${board.leader} leads`, `This one, ${board.replica}, stands by and decides nothing. Forward the port to the one that leads, in the controller's namespace:`, `kubectl port-forward pod/${board.leader} ${location.port || 80}`]
      : ["No replica leads yet", `This one, ${board.replica}, waits for the election. Policies appear once a replica leads.`];
  }
  if (board.policies.length === 0)
    return ["No policy yet", "An AviatorPolicy appears here once the controller has evaluated it; after a start it measures for a while first. What the cluster has:", "kubectl get aviatorpolicies --all-namespaces"];
  return null;
}
