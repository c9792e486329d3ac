#!/usr/bin/env bash
# Prints the path of a kubeconfig. It is valid inside the cluster's network namespace (run-in.sh).
# usage: kubeconfig.sh [USER]    admin (default: all rights), or nobody or developer: known to the API server, without any
#                                right until a RoleBinding names them
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/cluster/common.bash
source "$CLUSTER_DIR/common.bash"
file=$RUN/${1:-admin}.kubeconfig
[[ -e $file ]] || die "no kubeconfig for ${1:-admin}; is cluster $CLUSTER up? (make cluster)"
echo "$file"
