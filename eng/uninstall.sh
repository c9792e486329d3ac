#!/usr/bin/env bash
# Removes every AviatorPolicy and the definition. Services are released first: by the controller where one runs, else from here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kubectl() { "$here/kubectl.sh" "$@"; }

definition=customresourcedefinition/aviatorpolicies.aviator.example.com
own_slices=endpointslice.kubernetes.io/managed-by=aviator-controller

policies() { kubectl get aviatorpolicies -A -o 'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\n"}{end}'; }

steered() { # namespace and name of every Service whose selector carries the key
    kubectl get services -A -o json |
        jq -r '.items[] | select(.spec.selector["aviator.io/steered"]) | "\(.metadata.namespace) \(.metadata.name)"'
}

# What the controller does, with plain kubectl: give the selector back, see the default slices fill, only then drop Aviator's.
release_by_hand() {
    local namespace name deadline
    steered | while read -r namespace name; do
        echo "releasing Service $namespace/$name"
        kubectl patch service -n "$namespace" "$name" --type merge -p '{"spec":{"selector":{"aviator.io/steered":null}}}' </dev/null >/dev/null
        deadline=$((SECONDS + 30))
        until [[ -n $(kubectl get endpoints -n "$namespace" "$name" -o 'jsonpath={.subsets[*].addresses[0].ip}' </dev/null) ]]; do
            ((SECONDS < deadline)) || { echo "warning: Service $namespace/$name has no ready pod after 30 s" >&2; break; }
            sleep 1
        done
    done
    [[ -z $(kubectl get endpointslices -A -l "$own_slices" -o name) ]] || { echo "waiting 30 s, so that every node has seen the change"; sleep 30; }
    kubectl get endpointslices -A -l "$own_slices" -o 'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\n"}{end}' |
        while read -r namespace name; do kubectl delete endpointslice -n "$namespace" "$name" --ignore-not-found </dev/null; done
    policies | while read -r namespace name; do
        kubectl patch aviatorpolicy -n "$namespace" "$name" --type merge -p '{"metadata":{"finalizers":null}}' </dev/null
    done
}

kubectl get "$definition" >/dev/null 2>&1 || { echo "the cluster has no AviatorPolicy definition; nothing to remove"; exit 0; }
kubectl delete aviatorpolicies -A --all --wait=false
deadline=$((SECONDS + 90))
while [[ -n $(policies) ]] && ((SECONDS < deadline)); do
    ((SECONDS % 10)) || echo "waiting for the controller to release $(policies | wc -l) policies (up to 90 s)"
    sleep 1
done
[[ -z $(policies) && -z $(steered) ]] || { echo "no controller has released them; doing it from here"; release_by_hand; }
kubectl delete -f "$here/../config/crd" --ignore-not-found
