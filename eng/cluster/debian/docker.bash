# shellcheck shell=bash
# The cluster's own Docker daemon. Nothing is shared with a daemon of the user's. Sourced after node-environment.bash.

start_docker() {
    local runtime=() sys_resource=$((1 << 24)) effective
    effective=0x$(awk '/^CapEff/ { print $2 }' /proc/self/status)
    if ((!(effective & sys_resource))); then
        say "this machine's root lacks CAP_SYS_RESOURCE: containers start through runc-without-sys-resource.sh"
        runtime=(--add-runtime "lenient=$CLUSTER_DIR/debian/runc-without-sys-resource.sh" --default-runtime lenient)
    fi
    mkdir -p "$STATE/docker"
    echo '{}' >"$RUN/daemon.json"
    rm -f "$RUN/docker.pid"
    start_process dockerd dockerd --config-file "$RUN/daemon.json" --host "$DOCKER_HOST" --data-root "$STATE/docker" \
        --exec-root "$RUN/docker" --pidfile "$RUN/docker.pid" --bridge none --iptables=false --ip6tables=false \
        --ip-masq=false --oom-score-adjust 0 --cgroup-parent "/$CGROUP/docker" \
        --exec-opt native.cgroupdriver=cgroupfs --log-opt max-size=10m "${runtime[@]}"
    wait_for "the Docker daemon" 60 docker version
}

remove_containers() { # what an earlier run left written down; none of them runs any more
    local ids
    ids=$(timeout 20 docker ps --all --quiet) || return 0
    # shellcheck disable=SC2086
    [[ -z $ids ]] || timeout 120 docker rm --force $ids >/dev/null
}
