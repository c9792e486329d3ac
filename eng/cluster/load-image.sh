#!/usr/bin/env bash
# Copies an image of the user's own Docker daemon, or a file made by docker save, into the cluster.
# usage: load-image.sh NAME:TAG | FILE.tar
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/cluster/common.bash
source "$CLUSTER_DIR/common.bash"
# shellcheck source=eng/cluster/choice.bash
source "$CLUSTER_DIR/choice.bash"

(($# == 1)) || die "usage: load-image.sh NAME:TAG | FILE.tar"
own_daemon() { env -u DOCKER_HOST docker "$@"; }
if [[ $(cluster_kind) == kind ]]; then
    if [[ -f $1 ]]; then env -u DOCKER_HOST kind load image-archive "$1" --name "$CLUSTER"
    else env -u DOCKER_HOST kind load docker-image "$1" --name "$CLUSTER"; fi
elif [[ -f $1 ]]; then docker load --quiet --input "$1"
elif docker image inspect "$1" >/dev/null 2>&1; then say "the cluster has the image $1 already"
else own_daemon save "$1" | docker load --quiet; fi
