#!/usr/bin/env bash
# Installs Aviator into the current cluster by the chart, or upgrades it, or takes it away.
# usage: deploy.sh install | uninstall [more arguments for helm, e.g. --set watchNamespace=shop]
#   NAMESPACE=aviator-system, RELEASE=aviator, TAG=dev
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/lib/packages.bash"
# shellcheck source=eng/lib/current-cluster.bash
source "$here/lib/current-cluster.bash"

what=${1:-}
[[ $what == install || $what == uninstall ]] || die "usage: deploy.sh install | uninstall [arguments for helm]"
shift
namespace=${NAMESPACE:-aviator-system} release=${RELEASE:-aviator}
helm=$("$here/helm.sh" --where)
choose_cluster

# The images are in the cluster already, so nothing is to be pulled; the test cluster has no DNS.
local_values=(--set "image.tag=${TAG:-dev}")
if ((${#inside[@]})) || [[ -n ${AVIATOR_INSIDE:-} ]]; then
    local_values+=(--values "$here/chart-values.yaml")
    # Its pods can pull nothing, so the Redis that the chart brings is built like the rest. From inside, where there is no engine, it was built before.
    if [[ $what == install && -z ${AVIATOR_INSIDE:-} ]]; then "$here/offline/redis.sh"; fi
fi

if [[ $what == install ]]; then
    "${inside[@]}" kubectl get namespace "$namespace" >/dev/null 2>&1 || "${inside[@]}" kubectl create namespace "$namespace"
    # The agent loads kernel programs and uses the host's network; servers with Pod Security admission need this label to allow it.
    "${inside[@]}" kubectl label namespace "$namespace" --overwrite pod-security.kubernetes.io/enforce=privileged >/dev/null
    # make install may have put the definition there before; from now on it is the release's.
    "${inside[@]}" "$helm" upgrade --install "$release" "$here/../deploy/chart/aviator" --namespace "$namespace" \
        --take-ownership --wait --timeout 3m "${local_values[@]}" "$@"
elif "${inside[@]}" "$helm" status "$release" --namespace "$namespace" >/dev/null 2>&1; then
    "${inside[@]}" "$helm" uninstall "$release" --namespace "$namespace" --wait --timeout 5m "$@"
else
    say "there is no release $release in namespace $namespace; nothing to remove"
fi
