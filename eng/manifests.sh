#!/usr/bin/env bash
# Renders the chart into plain manifests with a kustomization.yaml, for those who do not use Helm.
# usage: manifests.sh [DIRECTORY] [arguments for helm template, e.g. --values my.yaml]     DIRECTORY: artifacts/manifests
# What only Helm can do is left out: the release before an uninstall, and a password made up for Redis.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
target=${1:-artifacts/manifests}
shift || true
namespace=${NAMESPACE:-aviator-system} release=${RELEASE:-aviator} kubernetes=${KUBERNETES_VERSION:-1.31.0}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/helm.sh" template "$release" "$root/deploy/chart/aviator" --namespace "$namespace" --kube-version "$kubernetes" \
    --no-hooks --set redis.internal.existingSecret="$release-redis" "$@" --output-dir "$work" >/dev/null

rm -rf "$target"
mkdir -p "$target"
cat >"$target/namespace.yaml" <<YAML
apiVersion: v1
kind: Namespace
metadata:
  name: $namespace
  labels: {pod-security.kubernetes.io/enforce: privileged}
YAML
(cd "$work/aviator/templates" && find . -name '*.yaml' -printf '%P\n') | while read -r file; do
    cp "$work/aviator/templates/$file" "$target/${file//\//-}"
done
{
    printf '# kubectl create namespace %s && kubectl create secret generic -n %s %s-redis --from-literal=password=…\n' "$namespace" "$namespace" "$release"
    printf '# kubectl apply -k %s     (before it goes: kubectl delete avp -A --all)\n' "$(basename "$target")"
    printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n'
    (cd "$target" && find . -name '*.yaml' ! -name kustomization.yaml -printf '  - %P\n' | LC_ALL=C sort)
} >"$target/kustomization.yaml.new"
mv "$target/kustomization.yaml.new" "$target/kustomization.yaml"
echo "$target"
