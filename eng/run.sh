#!/usr/bin/env bash
# Starts controller and agent against the current cluster, in probe mode: no rights on this machine are needed. Ctrl-C ends both.
# NODE_NAME chooses the node whose pods are measured (default: the first).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=eng/lib/current-cluster.bash
source eng/lib/current-cluster.bash
choose_cluster

need_cluster
crd=aviatorpolicies.aviator.example.com
need_rights "make run" "list nodes" "list pods" "list services" "patch services" "create endpointslices.discovery.k8s.io" \
    "list $crd" "patch $crd" "patch $crd/status" "create events"
[[ -n $("${inside[@]}" kubectl get --raw /apis/aviator.example.com/v1alpha1 2>/dev/null) ]] ||
    { echo "error: the cluster does not know AviatorPolicy yet; run: make install" >&2; exit 1; }

configuration=${CONFIGURATION:-Release}
read -ra nodes <<<"$("${inside[@]}" kubectl get nodes -o 'jsonpath={.items[*].metadata.name}')"
node=${NODE_NAME:-${nodes[0]:-}}
[[ " ${nodes[*]} " == *" $node "* && -n $node ]] || { echo "error: the cluster has no node \"$node\"; it has: ${nodes[*]:-none}; choose one by NODE_NAME" >&2; exit 1; }
for program in Aviator.Agent Aviator.Controller; do
    [[ -f $program/bin/$configuration/net10.0/$program.dll ]] || { echo "error: $program is not built ($configuration); run: make run" >&2; exit 1; }
done
((${#nodes[@]} == 1)) || echo "note: the cluster has ${#nodes[@]} nodes; only the pods of $node are measured, and NODE_NAME=… chooses another"

children=()
finish() {
    trap - EXIT INT TERM
    local child
    for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
    for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
}
trap finish EXIT
trap 'exit 130' INT TERM

start() { # NAME SETTING=VALUE…
    local name=$1 program=Aviator.${1^}
    shift
    # The program is the child itself, so that a signal reaches it; its output passes through the prefix.
    "${inside[@]}" env "$@" dotnet "$program/bin/$configuration/net10.0/$program.dll" > >(exec sed -u "s/^/$(printf '%-10s' "$name") | /") 2>&1 &
    children+=($!)
}

echo "starting the agent for node $node on port 9464 and the controller on port 9465; Ctrl-C ends both, and what is steered then stays as it is"
echo "it probes the pods' addresses, so they must be reachable from here; watch: kubectl get avp -A -w"
start agent "Agent__NodeName=$node" Agent__Source=probe Agent__Port=9464
start controller Aviator__Agents=http://127.0.0.1:9464
status=0
wait -n "${children[@]}" || status=$?
echo "error: one of them ended by itself (exit code $status); ending the other" >&2
exit 1
