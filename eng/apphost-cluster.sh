#!/usr/bin/env bash
# Runs the AppHost where it can reach a cluster: brings up what is missing, shows how far that is, and ends by becoming COMMAND.
# usage: eng/apphost-cluster.sh current | test COMMAND…      test, or current without any kubeconfig, is the cluster of eng/cluster
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/lib/current-cluster.bash
source "$here/lib/current-cluster.bash"

wanted=${1:-}
case $wanted in
    test | current) shift ;;
    *) echo "usage: eng/apphost-cluster.sh current | test COMMAND…" >&2; exit 2 ;;
esac

# What builds the kernel programs, and redis-server. Without them the agent probes, and state is kept in memory.
install_tools() {
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then return; fi
    "$here/setup.sh" || { echo "note: continuing without what could not be installed" >&2; return 0; }
    local agent=$here/../Aviator.Agent configuration
    [[ ! -e $agent/obj/bpf/service_latency.bpf.o ]] || return 0
    for configuration in Debug Release; do
        [[ -e $agent/bin/$configuration/net10.0/Aviator.Agent.dll ]] || continue
        echo "building the agent again, with its kernel programs" >&2
        # No server may stay: it would keep the sockets open that this process hands on.
        dotnet build -nologo -v quiet -clp:NoSummary -nodeReuse:false -p:UseSharedCompilation=false -c "$configuration" "$agent" >&2
    done
}

[[ -n ${AVIATOR_INSIDE:-} ]] || install_tools
if [[ -z ${AVIATOR_INSIDE:-} ]] && [[ $wanted == test || (-z ${KUBECONFIG:-} && ! -e $HOME/.kube/config) ]]; then
    [[ -e $clusters/${AVIATOR_CLUSTER:-aviator}/run/complete ]] ||
        echo "no cluster in use, so the test cluster of eng/cluster is brought up; the first time it is built, which takes 3 to 15 minutes" >&2
    "$here/cluster/up.sh" >/dev/null
    inside=("$here/cluster/run-in.sh")
else
    choose_cluster
fi
need_cluster
exec "${inside[@]}" "$@"
