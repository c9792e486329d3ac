#!/usr/bin/env bash
# Brings the cluster up; when it is up already, says so and how to use it. See README.md.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in lib processes node-environment docker credentials control-plane node choice; do
    # shellcheck source=/dev/null
    source "$CLUSTER_DIR/$part.sh"
done

bring_up() {
    local began fresh=no
    "$CLUSTER_DIR/packages.sh"
    [[ -e $("$CLUSTER_DIR/build-kubernetes.sh" --where) ]] || fresh=yes
    BIN=$("$CLUSTER_DIR/build-kubernetes.sh")
    [[ ! -e /run/netns/$NETNS && ! -e /run/netns/$OUTSIDE ]] ||
        die "there is a network namespace $NETNS or $OUTSIDE which this cluster did not make; remove it (ip netns delete) or choose another name (AVIATOR_CLUSTER)"
    # What fails on the way, or is interrupted, leaves nothing running; the logs stay.
    trap 'AVIATOR_CLUSTER_LOCKED=1 "$CLUSTER_DIR/down.sh"' EXIT
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
    [[ $fresh == no ]] || "$CLUSTER_DIR/smoke.sh"
    trap - EXIT
}

healthy() {
    BIN=$RUN/bin
    [[ -e $RUN/complete && -z $(dead_processes) ]] && api_ready >/dev/null && node_ready >/dev/null 2>&1
}

main() {
    if [[ $(cluster_kind) == kind ]]; then
        "$CLUSTER_DIR/kind.sh" up
        return
    fi
    need_root
    take_lock
    if healthy; then
        say "cluster $CLUSTER is up already"
        "$CLUSTER_DIR/../images/build.sh" testapp # its source may have changed
    else
        [[ ! -e $RUN ]] || { say "found remains of an earlier run; clearing them away"; AVIATOR_CLUSTER_LOCKED=1 "$CLUSTER_DIR/down.sh"; }
        bring_up
    fi
    "$CLUSTER_DIR/how-to-use.sh"
}

main
