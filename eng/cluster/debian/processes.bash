# shellcheck shell=bash
# Starts processes of the cluster and ends exactly those. A process is known by id, start time and boot, so that an id which
# was given to another process meanwhile is never signalled. What such a process leaves behind (shims, containers) is found
# by the cluster's own cgroup. Sourced after common.bash.

identity() { # of process $1: start time in clock ticks since boot, and the boot
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086
    set -- $stat
    [[ $1 != Z ]] || return 1
    echo "${20} $(cat /proc/sys/kernel/random/boot_id)"
}

# A lock or a pipe of the caller (and the cluster's own lock, 9) would stay open for as long as the cluster is up. 255 is bash's own.
close_inherited() {
    local fd
    for fd in "/proc/$BASHPID/fd/"*; do
        fd=${fd##*/}
        ((fd <= 2 || fd == 255)) || exec {fd}>&-
    done
}

start_process() { # NAME COMMAND…   in the cluster's cgroup, network and mount namespace, detached from the terminal
    local name=$1 cgroup anchor pid
    shift
    cgroup=$(v2_root)/$CGROUP/services
    anchor=$(process_id anchor) || die "the mount namespace of cluster $CLUSTER is gone"
    mkdir -p "$LOGS"
    (
        close_inherited
        echo "$BASHPID" >"$cgroup/cgroup.procs"
        exec setsid nsenter --net="/run/netns/$NETNS" --mount="/proc/$anchor/ns/mnt" -- "$@"
    ) >"$LOGS/$name.log" 2>&1 </dev/null &
    pid=$!
    disown
    record_process "$name" "$pid"
}

record_process() { # NAME ID
    mkdir -p "$RUN/processes"
    echo "$2 $(identity "$2")" >"$RUN/processes/$1" || die "$1 ended at once; see $LOGS/$1.log"
}

process_id() { # NAME: prints the id if it is still the process that was started
    local pid rest
    read -r pid rest 2>/dev/null <"$RUN/processes/$1" || return 1
    [[ $(identity "$pid") == "$rest" ]] && echo "$pid"
}

recorded_processes() {
    [[ ! -d $RUN/processes ]] || ls "$RUN/processes"
}

dead_processes() {
    local name
    for name in $(recorded_processes); do
        process_id "$name" >/dev/null || echo "$name"
    done
}

stop_processes() { # SECONDS NAME…: asks all, waits for all, then kills the rest
    local deadline=$((SECONDS + $1)) name pid left
    shift
    for name; do pid=$(process_id "$name") && kill "$pid" 2>/dev/null || true; done
    while ((SECONDS < deadline)); do
        left=no
        for name; do process_id "$name" >/dev/null && left=yes; done
        [[ $left == yes ]] || return 0
        sleep 0.1
    done
    for name; do pid=$(process_id "$name") && kill -9 "$pid" 2>/dev/null || true; done
}

processes_in_cgroup() { # every process in the cluster's cgroup, or in $1 below it, in whichever hierarchy it was put
    local root
    for root in $(cgroup_roots); do
        [[ ! -d $root/$CGROUP$1 ]] || find "$root/$CGROUP$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
    done | sort -un
}

sweep_cgroup() { # [/CHILD]: kills what runs in it
    local tries=100 pids
    while pids=$(processes_in_cgroup "${1:-}") && [[ -n $pids ]]; do
        ((tries-- > 0)) || die "processes of cluster $CLUSTER do not end: ${pids//$'\n'/ }"
        # shellcheck disable=SC2086
        kill -9 $pids 2>/dev/null || true
        sleep 0.1
    done
}
