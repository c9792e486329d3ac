#!/usr/bin/env bash
# After a fresh build: a custom resource definition, 20 objects, 50 patches. A miscompiled API server dies here, not in a test.
set -euo pipefail
CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=eng/cluster/common.bash
source "$CLUSTER_DIR/common.bash"
# shellcheck source=eng/cluster/debian/processes.bash
source "$CLUSTER_DIR/debian/processes.bash"

api() { # METHOD PATH TYPE [BODY]
    local body=()
    [[ -z ${4:-} ]] || body=(--data "$4")
    nsenter --net="/run/netns/$NETNS" curl -sS -f -m 10 -o /dev/null --cacert "$RUN/keys/ca.crt" \
        -H "Authorization: Bearer $token" -X "$1" -H "Content-Type: application/$3" "${body[@]}" "$API_URL$2"
}

group=smoke.aviator.example.com
definitions=/apis/apiextensions.k8s.io/v1/customresourcedefinitions
objects=/apis/$group/v1/namespaces/default/probes
token=$(sed -n 's/^  user: {token: \(.*\)}$/\1/p' "$RUN/admin.kubeconfig")

say "smoke test: a custom resource definition, 20 objects, 50 patches"
trap 'api DELETE "$definitions/probes.$group" json || true' EXIT
api POST "$definitions" json '{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
  "metadata": {"name": "probes.'$group'"}, "spec": {"group": "'$group'", "scope": "Namespaced",
  "names": {"plural": "probes", "singular": "probe", "kind": "Probe", "listKind": "ProbeList"},
  "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema":
  {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}'
wait_for "the new resource to be served" 30 api GET "$objects" json
for i in {1..20}; do
    api POST "$objects" json '{"apiVersion": "'$group'/v1", "kind": "Probe", "metadata": {"name": "p'"$i"'"}, "spec": {"n": 0}}'
done
for i in {1..50}; do
    api PATCH "$objects/p$((i % 20 + 1))" merge-patch+json '{"spec": {"n": '"$i"', "text": "patch '"$i"'"}}'
done
say "smoke test passed"
