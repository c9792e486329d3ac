#!/usr/bin/env bash
# Takes the sample policy away and waits until the controller has handed the Service back. The workload stays.
# usage: eng/demo/withdraw.sh NAMESPACE
set -euo pipefail
namespace=${1:?usage: eng/demo/withdraw.sh NAMESPACE}
kubectl delete -n "$namespace" --ignore-not-found --timeout=90s -f "$(dirname "${BASH_SOURCE[0]}")/../../config/samples/policy.yaml"
