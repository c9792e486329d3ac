#!/usr/bin/env bash
# Takes the cluster from Debian's packages down: ends the processes it started, and no other, and removes its namespaces, mounts,
# cgroups and state. Docker's store of images stays for the next start (make clean removes it). Called by ../down.sh.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=eng/cluster/common.bash
source "$CLUSTER_DIR/common.bash"
for part in processes node-environment; do
    # shellcheck source=/dev/null
    source "$CLUSTER_DIR/debian/$part.bash"
done

[[ -e $RUN ]] || { say "cluster $CLUSTER is not up"; exit 0; }
need_root
[[ -n ${AVIATOR_CLUSTER_LOCKED:-} ]] || take_lock
began=$SECONDS
# kubelet before the containers, else it starts them again; containers before Docker, which would ask each of them and
# wait. What Docker has written down of them the next start removes.
stop_processes 2 kubelet kube-proxy kube-scheduler kube-controller-manager kube-apiserver etcd
sweep_cgroup /kubepods
stop_processes 10 dockerd
sweep_cgroup
remove_mounts
remove_network
remove_cgroups
rm -rf "$RUN"
say "cluster $CLUSTER is down, after $((SECONDS - began)) s; nothing of it is left running"
