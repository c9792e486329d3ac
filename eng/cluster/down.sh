#!/usr/bin/env bash
# Takes the cluster down: ends the processes it started, and no other, and removes its namespaces, mounts, cgroups and
# state. Docker's store of images stays for the next start (make clean removes it). Safe to run at any time.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in lib processes node-environment docker choice; do
    # shellcheck source=/dev/null
    source "$CLUSTER_DIR/$part.sh"
done

main() {
    if [[ $(cluster_kind) == kind ]]; then
        "$CLUSTER_DIR/kind.sh" down
        return
    fi
    [[ -e $RUN ]] || { say "cluster $CLUSTER is not up"; return; }
    need_root
    [[ -n ${AVIATOR_CLUSTER_LOCKED:-} ]] || take_lock
    local began=$SECONDS name
    # kubelet first, else it starts again what is being removed.
    for name in kubelet kube-proxy kube-scheduler kube-controller-manager; do stop_process "$name" 5; done
    process_id dockerd >/dev/null && remove_containers
    for name in dockerd kube-apiserver etcd; do stop_process "$name" 10; done
    sweep_cgroup
    remove_mounts
    remove_network
    remove_cgroups
    rm -rf "$RUN"
    say "cluster $CLUSTER is down, after $((SECONDS - began)) s; nothing of it is left running"
}

main
