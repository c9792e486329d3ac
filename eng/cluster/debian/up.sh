#!/usr/bin/env bash
# Brings the cluster up from Debian's packages; when it is up already, says so. Called by ../up.sh.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=eng/cluster/common.bash
source "$CLUSTER_DIR/common.bash"
for part in processes node-environment docker credentials control-plane node; do
    # shellcheck source=/dev/null
    source "$CLUSTER_DIR/debian/$part.bash"
done

bring_up() {
    local began fresh=no
    "$CLUSTER_DIR/debian/packages.sh"
    [[ -e $("$CLUSTER_DIR/debian/build-kubernetes.sh" --where) ]] || fresh=yes
    BIN=$("$CLUSTER_DIR/debian/build-kubernetes.sh")
    [[ ! -e /run/netns/$NETNS && ! -e /run/netns/$OUTSIDE ]] ||
        die "there is a network namespace $NETNS or $OUTSIDE which this cluster did not make; remove it (ip netns delete) or choose another name (AVIATOR_CLUSTER)"
    # What fails on the way, or is interrupted, leaves nothing running; the logs stay.
    trap 'AVIATOR_CLUSTER_LOCKED=1 "$CLUSTER_DIR/debian/down.sh"' EXIT
    mkdir -p "$RUN"
    ln -sfn "$BIN" "$RUN/bin"
    began=$SECONDS
    make_network
    make_cgroups
    make_mounts
    start_etcd
    start_docker
    remove_containers
    "$CLUSTER_DIR/../images/build.sh" pause testapp
    make_credentials
    start_api_server
    start_controllers
    start_node
    touch "$RUN/complete"
    say "cluster $CLUSTER is up, $((SECONDS - began)) s after its start"
    [[ $fresh == no ]] || "$CLUSTER_DIR/debian/smoke.sh"
    trap - EXIT
}

healthy() {
    BIN=$RUN/bin
    [[ -e $RUN/complete && -z $(dead_processes) ]] && api_ready >/dev/null && node_ready >/dev/null 2>&1
}

need_root
take_lock
if healthy; then
    say "cluster $CLUSTER is up already"
    "$CLUSTER_DIR/../images/build.sh" testapp # its source may have changed
    exit 0
fi
[[ ! -e $RUN ]] || { say "found remains of an earlier run; clearing them away"; AVIATOR_CLUSTER_LOCKED=1 "$CLUSTER_DIR/debian/down.sh"; }
bring_up
