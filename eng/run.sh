#!/usr/bin/env bash
# Starts controller and agent against the current cluster, in probe mode: no rights on this machine are needed. Ctrl-C ends both.
# NODE_NAME chooses the node whose pods are measured (default: the first).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=eng/current-cluster.sh
source eng/current-cluster.sh
choose_cluster

configuration=${CONFIGURATION:-Release}
node=${NODE_NAME:-$("${inside[@]}" kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')} ||
    { echo "error: the current cluster does not answer; check: kubectl get nodes" >&2; exit 1; }
"${inside[@]}" kubectl get customresourcedefinition aviatorpolicies.aviator.example.com >/dev/null 2>&1 ||
    { echo "error: the cluster does not know AviatorPolicy yet; run: make install" >&2; exit 1; }

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

echo "agent for node $node on port 9464, controller on port 9465; Ctrl-C ends both"
start agent "Agent__NodeName=$node" Agent__Source=probe Agent__Port=9464
start controller Aviator__Agents=http://127.0.0.1:9464
status=0
wait -n "${children[@]}" || status=$?
echo "error: one of them ended by itself (exit code $status); ending the other" >&2
exit 1
