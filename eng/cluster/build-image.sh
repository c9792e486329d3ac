#!/usr/bin/env bash
# Builds an image where the cluster's pods can use it (imagePullPolicy: Never).
# usage: build-image.sh NAME:TAG CONTEXT-DIRECTORY [docker build options]
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/cluster/common.bash
source "$CLUSTER_DIR/common.bash"
# shellcheck source=eng/cluster/choice.bash
source "$CLUSTER_DIR/choice.bash"

(($# >= 2)) || die "usage: build-image.sh NAME:TAG CONTEXT-DIRECTORY [docker build options]"
name=$1 context=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
[[ $(cluster_kind) == packages ]] || unset DOCKER_HOST DOCKER_BUILDKIT
docker build --tag "$name" "$@" "$context" >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "the image $name could not be built"; }
[[ $(cluster_kind) == packages ]] || "$CLUSTER_DIR/load-image.sh" "$name"
say "the cluster has the image $name"
