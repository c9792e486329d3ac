# shellcheck shell=bash
# Which Docker an image is built in: the test cluster's where one is up, so that pods can use it, else the user's own. Sourced.

eng=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cluster_state=${XDG_STATE_HOME:-$HOME/.local/state}/aviator/${AVIATOR_CLUSTER:-aviator}

cluster_is_up() { [[ -e $cluster_state/run/complete ]]; }

# packages: a cluster whose Docker daemon has no network at all. Everything else may reach a registry.
engine_kind() { if cluster_is_up && [[ ! -e $cluster_state/kind ]]; then echo packages; else echo docker; fi; }

# build_image NAME:TAG CONTEXT [OPTION…]
build_image() {
    local log
    if cluster_is_up; then
        "$eng/cluster/build-image.sh" "$@"
        return
    fi
    docker version >/dev/null 2>&1 || die "there is no Docker to build $1 in; start Docker, or bring up the test cluster: make cluster"
    log=$(mktemp)
    docker build --tag "$1" "${@:3}" "$2" >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "the image $1 could not be built; the whole log is $log"; }
    rm -f "$log"
    say "Docker has the image $1"
}

has_image() {
    if [[ $(engine_kind) == packages ]]; then DOCKER_HOST=unix://$cluster_state/run/docker.sock docker image inspect "$1" >/dev/null 2>&1
    else docker image inspect "$1" >/dev/null 2>&1; fi
}
