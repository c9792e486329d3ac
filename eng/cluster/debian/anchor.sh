#!/usr/bin/env bash
# Lays the cluster's private mounts and then only holds the mount namespace it was started in.
# usage: anchor.sh DIRECTORY     with the folders containerd, pods, containers, sysctl in it
set -euo pipefail
hidden=$1

# Two kubelets would delete each other's log links; dockerd would join a containerd that is not its own.
mount --bind "$hidden/containerd" /run/containerd
mount --bind "$hidden/pods" /var/log/pods
mount --bind "$hidden/containers" /var/log/containers

# kubelet sets these for the whole machine. Here it finds plain files that hold what it wants, and the kernel's stay as they are.
shadow() {
    [[ -e $1 ]] || return 0
    local file=$hidden/sysctl/${1//\//_}
    echo "$2" >"$file"
    mount --bind "$file" "$1"
}
shadow /proc/sys/vm/overcommit_memory 1
shadow /proc/sys/vm/panic_on_oom 0
shadow /proc/sys/kernel/panic 10
shadow /proc/sys/kernel/panic_on_oops 1
shadow /proc/sys/kernel/keys/root_maxkeys 1000000
shadow /proc/sys/kernel/keys/root_maxbytes 25000000

touch "$hidden/ready"
exec sleep infinity
