#!/usr/bin/env bash
# Puts the definition of AviatorPolicy into the current cluster and waits until the server serves it. Nothing else: no pods, no rights.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=eng/lib/current-cluster.bash
source eng/lib/current-cluster.bash
# shellcheck source=eng/lib/definition.bash
source eng/lib/definition.bash
choose_cluster
need_cluster
need_rights "make install" "get customresourcedefinitions" "create customresourcedefinitions" "patch customresourcedefinitions"

"${inside[@]}" kubectl apply -f config/crd
await_definition "${inside[@]}" kubectl
echo "the cluster knows AviatorPolicy; next: make run (in another terminal), then kubectl apply a policy, e.g. config/samples/policy.yaml"
