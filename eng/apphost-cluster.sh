#!/usr/bin/env bash
# Tells the AppHost which cluster to use, a line each: variables to set (KUBECONFIG=…), and inside=WORD for each word that has to stand
# before a command so that it runs in the cluster's network. What people should read goes to standard error.
# usage: eng/apphost-cluster.sh current | test      test, or current without any kubeconfig, is the cluster of eng/cluster; it is brought up when it is down
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/current-cluster.sh
source "$here/current-cluster.sh"

wanted=${1:-current}
case $wanted in
    test | current) ;;
    *) echo "usage: eng/apphost-cluster.sh current | test" >&2; exit 2 ;;
esac
# The host that was started again inside the cluster's network asks the same, and is there.
[[ -z ${AVIATOR_INSIDE:-} ]] || wanted=current

if [[ $wanted == test ]] || [[ -z ${AVIATOR_INSIDE:-}${KUBECONFIG:-} && ! -e $HOME/.kube/config ]]; then
    "$here/cluster/up.sh" >&2
    inside=("$here/cluster/run-in.sh")
else
    choose_cluster
fi
for word in "${inside[@]}"; do printf 'inside=%s\n' "$word"; done
printf 'PATH=%s\n' "$PATH"
