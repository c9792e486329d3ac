# shellcheck shell=bash disable=SC2034
# Names, paths and small helpers shared by the cluster's scripts. Sourced, never run.

CLUSTER=${AVIATOR_CLUSTER:-aviator}
[[ $CLUSTER =~ ^[a-z][a-z0-9-]{0,30}$ ]] || { echo "error: AVIATOR_CLUSTER must be a short lower-case name, not '$CLUSTER'" >&2; exit 1; }
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATE=${XDG_STATE_HOME:-$HOME/.local/state}/aviator/$CLUSTER
RUN=$STATE/run                # all that is gone after down; what stays in $STATE is Docker's store of images
LOGS=$STATE/logs
NETNS=$CLUSTER                # the node's network
OUTSIDE=$CLUSTER-outside      # a client's network, joined to the node's by one cable and to nothing else
CGROUP=aviator-$CLUSTER       # below it, in every hierarchy: services, docker, kubepods
# Each cluster has its own network namespace, so these may repeat from cluster to cluster …
NODE_IP=172.30.0.2
OUTSIDE_IP=172.30.0.1
API_URL=https://127.0.0.1:6443
# … but not the addresses of pods and Services: the kernel's hooks see every namespace, so two pods of one address would be measured as
# one, and connects to two Services of one address be given to the pods of either. Of 1856 ranges for pods and 512 for Services, each of
# 4094 addresses, the cluster's name chooses.
hash=$(cksum <<<"$CLUSTER" | cut -d ' ' -f 1)
POD_RANGE=10.$((128 + hash % 116)).$((hash / 116 % 16 * 16)).0/20
services=10.$((96 + hash % 32)).$((hash / 32 % 16 * 16))
SERVICE_RANGE=$services.0/20
API_SERVICE_IP=$services.1
unset hash services
export DOCKER_HOST=unix://$RUN/docker.sock DOCKER_BUILDKIT=0
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY KUBECONFIG

# shellcheck source=eng/lib/log.bash
source "$CLUSTER_DIR/../lib/log.bash"

need_root() {
    [[ $EUID -eq 0 ]] || die "a cluster of the distribution's packages needs root (namespaces, mounts, cgroups): run it with sudo -E, or install Docker and kind"
}

# One at a time a cluster: up and down hold this lock. Processes that are started get descriptor 9 closed.
take_lock() {
    mkdir -p "$STATE"
    exec 9>"$STATE/lock"
    flock -n 9 && return
    say "waiting for another command that works on cluster $CLUSTER"
    flock -w 900 9 || die "cluster $CLUSTER is locked for 15 min by another up or down"
}

# wait_for WHAT SECONDS COMMAND…: polls until the command succeeds; ends at once when a process of the cluster has died.
wait_for() {
    local what=$1 limit=$2 deadline=$((SECONDS + $2)) dead
    shift 2
    say "waiting for $what (up to $limit s)"
    until "$@" >/dev/null 2>&1; do
        dead=$(dead_processes)
        [[ -z $dead ]] || { show_logs "$dead"; die "$dead ended while waiting for $what; its log is in $LOGS"; }
        if ((SECONDS >= deadline)); then
            show_logs
            die "$what: not within $limit s; the logs are in $LOGS"
        fi
        sleep 0.2
    done
}

show_logs() {
    local name
    for name in ${1:-$(recorded_processes)}; do
        printf -- '--- the end of %s.log\n' "$name" >&2
        tail -n 8 "$LOGS/$name.log" >&2 || true
    done
}

# Where hierarchies of control groups are mounted; the second one alone: the hierarchy of version 2.
cgroup_roots() { awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts; }
v2_root() { awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts; }
