# shellcheck shell=bash
# What makes a node out of the machine: network namespaces, a mount namespace, cgroups. Sourced after processes.bash.

# Two namespaces and one cable. Nothing leads to the host: a packet to a pod or Service that is not there (yet) ends in the
# outside namespace, which forwards nothing.
make_network() {
    ip netns add "$NETNS"
    ip netns add "$OUTSIDE"
    ip -n "$NETNS" link set lo up
    ip -n "$OUTSIDE" link set lo up
    ip -n "$NETNS" link add eth0 type veth peer name eth0 netns "$OUTSIDE"
    ip -n "$NETNS" address add "$NODE_IP/24" dev eth0
    ip -n "$OUTSIDE" address add "$OUTSIDE_IP/24" dev eth0
    ip -n "$NETNS" link set eth0 up
    ip -n "$OUTSIDE" link set eth0 up
    ip -n "$NETNS" route add default via "$OUTSIDE_IP"
    # Components ask a cloud's metadata service who they are. A refusal spares two time-outs of 5 s at the start.
    ip -n "$NETNS" route add unreachable 169.254.0.0/16
    ip -n "$OUTSIDE" route add "$SERVICE_RANGE" via "$NODE_IP"
    ip -n "$OUTSIDE" route add "$POD_RANGE" via "$NODE_IP"
    # Inside a network namespace /proc/sys/net shows that namespace's own settings.
    nsenter --net="/run/netns/$NETNS" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    nsenter --net="/run/netns/$OUTSIDE" sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
}

remove_network() {
    local name
    for name in "$NETNS" "$OUTSIDE"; do
        [[ ! -e /run/netns/$name ]] || ip netns delete "$name"
    done
}

# A mount namespace for paths that kubelet and containerd have built in, so that two clusters, or a user's own containerd,
# never meet. Its mounts die with its last process; the anchor keeps it until down.
make_mounts() {
    local cgroup hidden=$RUN/hidden
    cgroup=$(v2_root)/$CGROUP/services
    mkdir -p "$hidden"/{containerd,pods,containers,sysctl} /run/containerd /var/log/pods /var/log/containers "$LOGS"
    (
        close_inherited
        echo "$BASHPID" >"$cgroup/cgroup.procs"
        exec setsid unshare --mount --propagation slave -- "$CLUSTER_DIR/debian/anchor.sh" "$hidden"
    ) >"$LOGS/anchor.log" 2>&1 </dev/null &
    record_process anchor $!
    disown
    wait_for "the mount namespace" 10 test -e "$hidden/ready"
}

make_cgroups() {
    local root controller
    for root in $(awk '$3 == "cgroup" { print $2 }' /proc/mounts); do
        mkdir -p "$root/$CGROUP"
        # A new cpuset is empty, and nothing can run in an empty one.
        for controller in cpuset.cpus cpuset.mems; do
            [[ ! -e $root/$controller ]] || cat "$root/$controller" >"$root/$CGROUP/$controller"
        done
    done
    root=$(v2_root)
    [[ -n $root ]] || die "no cgroup v2 hierarchy is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup/unified"
    mkdir -p "$root/$CGROUP/services"
    for controller in $(cat "$root/cgroup.controllers"); do
        echo "+$controller" >"$root/cgroup.subtree_control"
        echo "+$controller" >"$root/$CGROUP/cgroup.subtree_control"
    done
}

remove_cgroups() {
    local root
    for root in $(cgroup_roots); do
        [[ ! -d $root/$CGROUP ]] || find "$root/$CGROUP" -depth -type d -exec rmdir {} +
    done
}

# Mounts that a killed process left below the state directory, deepest first.
remove_mounts() {
    local mount
    awk -v dir="$STATE/" 'index($2, dir) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r mount; do
        umount -l "$(printf '%b' "$mount")"
    done
}
