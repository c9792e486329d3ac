#!/usr/bin/env bash
# The demo, on what `make demo` built: brings up the cluster, shows everything, takes the cluster down again.
#   KEEP=1             leave the cluster and the workload up, and print how to use them
#   KUBECONFIG_E2E=…   use an existing cluster (run from where its pods and Services can be reached; needs the image aviator-testapp:dev)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
configuration=${CONFIGURATION:-Release}
demo=$root/eng/demo/bin/$configuration/net10.0/Aviator.Demo.dll
began=$SECONDS

[[ -f $demo ]] || { echo "error: $demo is missing; run: make demo" >&2; exit 1; }

if [[ -n ${KUBECONFIG_E2E:-} ]]; then
    KUBECONFIG=$KUBECONFIG_E2E exec dotnet "$demo"
fi

export AVIATOR_CLUSTER=${AVIATOR_CLUSTER:-aviator}
was_up=no
"$root/eng/cluster/kubeconfig.sh" >/dev/null 2>&1 && was_up=yes

# A cluster that was up before is not the demo's to take down.
finish() {
    local status=$?
    trap '' INT TERM
    if [[ ${KEEP:-} == 1 ]]; then
        "$root/eng/cluster/how-to-use.sh"
        cat <<TEXT

The workload is in namespace aviator-demo. Steer it again:

  make run        (in another terminal: agent and controller)
  eng/cluster/run-in.sh kubectl apply -n aviator-demo -f config/samples/policy.yaml
  eng/cluster/run-in.sh kubectl get avp -n aviator-demo -w
TEXT
    elif [[ $was_up == no ]]; then
        "$root/eng/cluster/down.sh"
    fi
    exit "$status"
}
trap finish EXIT
child=
# The demo ends by itself when it is asked to, and ends what it started; the cluster comes after it.
trap 'interrupted=130; [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true' INT
trap 'interrupted=143; [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true' TERM
interrupted=

if [[ $was_up == yes ]]; then echo "cluster $AVIATOR_CLUSTER is up; using it"; else
    echo "bringing up the cluster $AVIATOR_CLUSTER (20 s; the first time it is built, which takes 3 to 15 min)"
fi
"$root/eng/cluster/up.sh" >/dev/null
echo "building the image of the demo's server"
"$root/eng/images/build.sh" testapp
[[ -z $interrupted ]] || exit "$interrupted"
"$root/eng/cluster/run-in.sh" dotnet "$demo" &
child=$!
status=0
until wait "$child"; do
    status=$?
    kill -0 "$child" 2>/dev/null || break
done
child=
((status == 0)) || exit "${interrupted:-$status}"
echo "The demo took $((SECONDS - began)) s, the cluster's start included."
