# shellcheck shell=bash
# Which cluster a command means: the current kubeconfig; where there is none, the test cluster that is up. Sourced.

eng=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
clusters=${XDG_STATE_HOME:-$HOME/.local/state}/aviator

# Puts the command that has to stand before each other one into the array `inside`: empty, or into the test cluster's network.
choose_cluster() {
    inside=()
    local config=${KUBECONFIG:-}
    if [[ -n ${AVIATOR_INSIDE:-} ]]; then return; fi # run-in.sh has done it
    if [[ $config == "$clusters"/*/run/admin.kubeconfig ]]; then
        config=${config#"$clusters"/}
        inside=(env "AVIATOR_CLUSTER=${config%%/*}" "$eng/cluster/run-in.sh")
    elif [[ -z $config && ! -e $HOME/.kube/config && -e $clusters/${AVIATOR_CLUSTER:-aviator}/run/complete ]]; then
        inside=("$eng/cluster/run-in.sh")
    elif [[ -z $config && ! -e $HOME/.kube/config ]]; then
        echo "error: there is no current cluster; set KUBECONFIG, or bring up the test cluster: make cluster" >&2
        return 1
    fi
    if ((${#inside[@]} == 0)) && ! command -v kubectl >/dev/null; then
        local built
        built=$("$eng/cluster/build-kubernetes.sh" --where)
        [[ -x $built/kubectl ]] ||
            { echo "error: kubectl is missing; install it (https://kubernetes.io/docs/tasks/tools/) and put it on the PATH" >&2; return 1; }
        export PATH=$PATH:$built
    fi
}
