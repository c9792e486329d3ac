#!/usr/bin/env bash
# Removes every AviatorPolicy and the definition. Services are released first: by the controller where one runs, else from here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=eng/lib/current-cluster.bash
source eng/lib/current-cluster.bash
choose_cluster
need_cluster
need_rights "make uninstall" "get customresourcedefinitions" "delete customresourcedefinitions" "list services" "patch services" "delete services" \
    "list endpointslices.discovery.k8s.io" "delete endpointslices.discovery.k8s.io"
kubectl() { "${inside[@]}" kubectl "$@" </dev/null; }

definition=customresourcedefinition/aviatorpolicies.aviator.example.com
twin_of=aviator.io/twin-of
managed_by=endpointslice.kubernetes.io/managed-by
pairs='jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\n"}{end}'

installed() { [[ -n $(kubectl get "$definition" --ignore-not-found -o name) ]]; }
policies() { kubectl get aviatorpolicies -A -o "$pairs"; }
twins() { kubectl get services -A -l "$twin_of" -o "$pairs"; }
own_slices() { kubectl get endpointslices -A -l "$managed_by=aviator-controller" -o "$pairs"; }

steered() { # namespace and name of every Service whose selector carries the key
    kubectl get services -A -o go-template='{{range $s := .items}}{{with $s.spec.selector}}{{if index . "aviator.io/steered"}}{{$s.metadata.namespace}} {{$s.metadata.name}}{{"\n"}}{{end}}{{end}}{{end}}'
}

traces() { # the versions of all that a release changes first
    local versions='jsonpath={range .items[*]}{.metadata.uid} {.metadata.resourceVersion}{"\n"}{end}'
    steered
    kubectl get services -A -l "$twin_of" -o "$versions"
    kubectl get endpointslices -A -l "$managed_by=aviator-controller" -o "$versions"
}

default_has_ready() { # NAMESPACE SERVICE
    [[ -n $(kubectl get endpointslices -n "$1" -l "kubernetes.io/service-name=$2,$managed_by=endpointslice-controller.k8s.io" \
        -o 'jsonpath={.items[*].endpoints[?(@.conditions.ready==true)].addresses[0]}') ]]
}

# What the controller does, with plain kubectl: give the selector back, see the default slices fill, only then drop Aviator's.
release_by_hand() {
    local namespace name deadline
    while read -r namespace name; do
        echo "deleting Service $namespace/$name, the twin of another"
        kubectl delete service -n "$namespace" "$name" --ignore-not-found
    done < <(twins)
    while read -r namespace name; do
        echo "releasing Service $namespace/$name"
        kubectl patch service -n "$namespace" "$name" --type merge -p '{"spec":{"selector":{"aviator.io/steered":null}}}' >/dev/null
        deadline=$((SECONDS + 30))
        until default_has_ready "$namespace" "$name"; do
            ((SECONDS < deadline)) || { echo "warning: Service $namespace/$name has no ready pod after 30 s" >&2; break; }
            sleep 1
        done
    done < <(steered)
    [[ -z $(own_slices) ]] || { echo "waiting 30 s, so that every node has seen the change"; sleep 30; }
    while read -r namespace name; do kubectl delete endpointslice -n "$namespace" "$name" --ignore-not-found; done < <(own_slices)
    ! installed || while read -r namespace name; do
        kubectl patch aviatorpolicy -n "$namespace" "$name" --type merge -p '{"metadata":{"finalizers":null}}'
    done < <(policies)
}

if ! installed; then
    [[ -n $(steered)$(own_slices)$(twins) ]] || { echo "the cluster has no AviatorPolicy definition and no steered Service; nothing to remove"; exit 0; }
    echo "the definition is gone already, and Services are still steered"
    release_by_hand
    exit 0
fi
# Only a note: a user who may not list Deployments gets none.
installation=$(kubectl get deployments -A -l app.kubernetes.io/name=aviator,app.kubernetes.io/component=controller -o "$pairs" 2>/dev/null) || true
[[ -z $installation ]] || while read -r namespace name; do echo "note: Deployment $namespace/$name stays, without the definition it works on; to remove Aviator itself: helm uninstall"; done <<<"$installation"

before=$(traces) all=$(policies)
kubectl delete aviatorpolicies -A --all --wait=false
# A controller that lives begins at once; one that takes the lead from a dead one needs up to 18 s.
silent=$((SECONDS + 20)) deadline=$((SECONDS + 90)) told=0 heard=
while left=$(policies) && [[ -n $left ]] && ((SECONDS < deadline)); do
    [[ -n $heard || ($left == "$all" && $(traces) == "$before") ]] || heard=yes
    [[ -n $heard ]] || ((SECONDS < silent)) || break
    ((SECONDS < told)) || { echo "waiting for the controller to release what it steers: $(wc -l <<<"$left") left"; told=$((SECONDS + 10)); }
    sleep 1
done
[[ -z $(policies)$(steered)$(twins) ]] || { echo "$([[ -n $heard ]] && echo "the controller did not finish" || echo "no controller is at work"); releasing from here"; release_by_hand; }
kubectl delete -f config/crd --ignore-not-found
