# shellcheck shell=bash
# Which cluster a command means: the current kubeconfig; where there is none, the test cluster that is up. Sourced.

eng=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
clusters=${XDG_STATE_HOME:-$HOME/.local/state}/aviator

any_exists() { # A:LIST:OF:FILES
    local file files
    IFS=: read -ra files <<<"$1"
    for file in "${files[@]}"; do [[ ! -f $file ]] || return 0; done
    return 1
}

# Puts the command that has to stand before each other one into the array `inside`: empty, or into the test cluster's network.
choose_cluster() {
    inside=()
    local config=${KUBECONFIG:-}
    if [[ -n $config ]] && ! any_exists "$config"; then
        echo "error: KUBECONFIG names no file that exists ($config); set it to a kubeconfig, or unset it for ~/.kube/config or the test cluster" >&2
        return 1
    fi
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
        built=$("$eng/cluster/debian/build-kubernetes.sh" --where)
        [[ -x $built/kubectl ]] ||
            { echo "error: kubectl is missing; install it (https://kubernetes.io/docs/tasks/tools/) and put it on the PATH" >&2; return 1; }
        export PATH=$PATH:$built
    fi
}

# Says in one sentence that the API server does not answer; kubectl's own message would speak of schemas, or of a default port.
need_cluster() {
    local answer
    answer=$("${inside[@]}" kubectl get --raw /version --request-timeout=10s 2>&1) && return
    echo "error: the current cluster does not answer: ${answer##*$'\n'}" >&2
    echo "       check KUBECONFIG, and: kubectl get nodes" >&2
    return 1
}

# need_rights WHAT-FOR "VERB RESOURCE[/SUBRESOURCE]"…: names every right that the current user lacks, not only the first.
need_rights() {
    local what=$1 right verb resource missing=()
    shift
    for right in "$@"; do
        read -r verb resource <<<"$right"
        local query=("$verb" "${resource%%/*}" --all-namespaces --quiet)
        [[ $resource != */* ]] || query+=(--subresource="${resource#*/}")
        "${inside[@]}" kubectl auth can-i "${query[@]}" >/dev/null 2>&1 || missing+=("$right")
    done
    ((${#missing[@]})) || return 0
    echo "error: the current user lacks rights that $what needs:" >&2
    printf '         %s\n' "${missing[@]}" >&2
    echo "       use a kubeconfig that has them, such as a cluster administrator's" >&2
    return 1
}
