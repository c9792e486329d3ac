#!/usr/bin/env bash
# Brings the cluster up, by kind or from Debian's packages; when it is up already, says so and how to use it. See README.md.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common choice; do
    # shellcheck source=/dev/null
    source "$CLUSTER_DIR/$part.bash"
done

case $(cluster_kind) in
    kind) "$CLUSTER_DIR/kind/kind.sh" up ;;
    *) "$CLUSTER_DIR/debian/up.sh" && "$CLUSTER_DIR/how-to-use.sh" ;;
esac
