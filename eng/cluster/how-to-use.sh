#!/usr/bin/env bash
# Prints how to use the cluster that is up.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/cluster/common.bash
source "$CLUSTER_DIR/common.bash"
root=$(cd "$CLUSTER_DIR/../.." && pwd)
[[ $CLUSTER == aviator ]] || prefix="AVIATOR_CLUSTER=$CLUSTER "
cat <<TEXT

The cluster lives in a network namespace of its own. Enter it, then use it as any other:

  nsenter --net=/run/netns/$NETNS
  export KUBECONFIG=$RUN/admin.kubeconfig
  export PATH=$RUN/bin:\$PATH

or run one command in it:          ${prefix:-}$root/eng/cluster/run-in.sh kubectl get pods -A
as a user without any rights:      KUBECONFIG=$RUN/nobody.kubeconfig
with the cluster's Docker daemon:  export DOCKER_HOST=$DOCKER_HOST
take it down:                      ${prefix:-}make cluster-down
TEXT
