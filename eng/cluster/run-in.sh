#!/usr/bin/env bash
# Runs a command inside the cluster's network, with KUBECONFIG and KUBECONFIG_E2E set and the cluster's kubectl first on the PATH.
# usage: run-in.sh [--outside] COMMAND…     --outside: in the client's network, which knows the node, pods and Services by
#                                           route alone and reaches the API server by the node's address
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common choice; do
    # shellcheck source=/dev/null
    source "$CLUSTER_DIR/$part.bash"
done

network=/run/netns/$NETNS
if [[ ${1:-} == --outside ]]; then
    network=/run/netns/$OUTSIDE
    shift
fi
(($#)) || die "usage: run-in.sh [--outside] COMMAND…"
need_root
[[ -e $RUN/complete ]] || die "cluster $CLUSTER is not up; bring it up: make cluster"
[[ $(cluster_kind) == packages ]] || network=$("$CLUSTER_DIR/kind/kind.sh" network)
KUBECONFIG=$("$CLUSTER_DIR/kubeconfig.sh")
export AVIATOR_INSIDE=1 KUBECONFIG KUBECONFIG_E2E=$KUBECONFIG AVIATOR_NODE_IP=$NODE_IP AVIATOR_CLUSTER=$CLUSTER PATH=$RUN/bin:$PATH
exec nsenter --net="$network" -- "$@"
