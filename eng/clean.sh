#!/usr/bin/env bash
# Removes what builds made in this checkout. CACHE=1: also the Kubernetes binaries and the state of every cluster that is down.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

find . -type d \( -name bin -o -name obj \) -not -path './.git/*' -prune -exec rm -rf {} +
rm -rf artifacts
[[ ! -f bpf/Makefile ]] || make -s -C bpf clean

if [[ -n ${CACHE:-} ]]; then
    for state in "${XDG_STATE_HOME:-$HOME/.local/state}"/aviator/*/; do
        [[ -e $state ]] || continue
        [[ ! -e $state/run ]] || { echo "error: cluster $(basename "$state") is up; take it down first: AVIATOR_CLUSTER=$(basename "$state") make cluster-down" >&2; exit 1; }
        rm -rf "$state"
    done
    rm -rf "${XDG_CACHE_HOME:-$HOME/.cache}"/aviator/kubernetes-*
fi
