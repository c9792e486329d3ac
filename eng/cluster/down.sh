#!/usr/bin/env bash
# Takes the cluster down, whatever state it is in; nothing of it is left running. Safe to run at any time.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common choice; do
    # shellcheck source=/dev/null
    source "$CLUSTER_DIR/$part.bash"
done

case $(cluster_kind) in
    kind) "$CLUSTER_DIR/kind/kind.sh" down ;;
    *) "$CLUSTER_DIR/debian/down.sh" ;;
esac
