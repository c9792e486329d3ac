#!/usr/bin/env bash
# The cluster by kind, in the user's own Docker.
# usage: kind.sh up | down | network      network: the path of the node's network namespace
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=eng/cluster/common.bash
source "$CLUSTER_DIR/common.bash"
unset DOCKER_HOST DOCKER_BUILDKIT
node=$CLUSTER-control-plane

up() {
    mkdir -p "$RUN"
    touch "$STATE/kind"
    if ! kind get clusters 2>/dev/null | grep -qx "$CLUSTER"; then
        say "creating cluster $CLUSTER by kind (up to 3 min; the first time it pulls the node image)"
        kind create cluster --name "$CLUSTER" --kubeconfig "$RUN/outside.kubeconfig" --wait 180s --config - <<'YAML'
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
  kubeadmConfigPatches:
  - |
    kind: KubeletConfiguration
    maxPods: 250
YAML
    fi
    # Inside the node's network namespace its own address is the API server's, and it stands in the server's certificate.
    local address
    address=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$node")
    kind get kubeconfig --internal --name "$CLUSTER" | sed "s|https://$node:|https://$address:|" >"$RUN/admin.kubeconfig"
    chmod 600 "$RUN/admin.kubeconfig"
    mkdir -p "$RUN/bin"
    touch "$RUN/complete"
    "$CLUSTER_DIR/../images/build.sh" testapp
    cat <<TEXT

  export KUBECONFIG=$RUN/outside.kubeconfig

To reach pods and Services, run a command in the node's network: $CLUSTER_DIR/run-in.sh kubectl get pods -A
TEXT
}

down() {
    kind delete cluster --name "$CLUSTER" --kubeconfig "$RUN/outside.kubeconfig"
    rm -rf "$RUN" "$STATE/kind"
}

network() { echo "/proc/$(docker inspect -f '{{.State.Pid}}' "$node")/ns/net"; }

case ${1:-} in
    up | down | network) "$1" ;;
    *) die "usage: kind.sh up | down | network" ;;
esac
