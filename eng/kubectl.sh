#!/usr/bin/env bash
# kubectl against the current cluster: the kubeconfig in use, else the test cluster that is up.
set -euo pipefail
# shellcheck source=eng/lib/current-cluster.bash
source "$(dirname "${BASH_SOURCE[0]}")/lib/current-cluster.bash"
choose_cluster
exec "${inside[@]}" kubectl "$@"
