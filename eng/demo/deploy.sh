#!/usr/bin/env bash
# Puts the sample workload and its policy into a namespace of the current cluster, and waits until its pods are ready. Run again, it changes nothing.
# usage: eng/demo/deploy.sh NAMESPACE
set -euo pipefail
samples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../config" && pwd)
# shellcheck source=eng/lib/definition.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib/definition.bash"
namespace=${1:?usage: eng/demo/deploy.sh NAMESPACE}

kubectl apply -f "$samples/crd"
await_definition kubectl
kubectl get namespace "$namespace" >/dev/null 2>&1 || kubectl create namespace "$namespace"
kubectl apply -n "$namespace" -f "$samples/samples/workload.yaml"
for deployment in echo-fast echo-slow; do
    kubectl rollout status -n "$namespace" "deployment/$deployment" --timeout=90s || {
        kubectl get pods -n "$namespace" >&2
        echo "error: the pods did not become ready; a cluster of your own needs the image aviator-testapp:dev on its nodes (eng/images/build.sh testapp)" >&2
        exit 1
    }
done
kubectl apply -n "$namespace" -f "$samples/samples/policy.yaml"
