#!/usr/bin/env bash
# Makes what up.sh would have to make first and what takes minutes once: the packages and binaries of Kubernetes. A no-op by kind, and when all is there.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common choice; do
    # shellcheck source=/dev/null
    source "$CLUSTER_DIR/$part.bash"
done

[[ $(cluster_kind) == packages ]] || exit 0
need_root
"$CLUSTER_DIR/debian/packages.sh"
"$CLUSTER_DIR/debian/build-kubernetes.sh"
