#!/usr/bin/env bash
# kubectl against the current cluster: the kubeconfig in use, else the test cluster that is up.
set -euo pipefail
# shellcheck source=eng/current-cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/current-cluster.sh"
choose_cluster
exec "${inside[@]}" kubectl "$@"
