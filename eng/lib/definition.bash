#!/usr/bin/env bash
# Waiting for the server to serve AviatorPolicy. Sourced.

# kubectl's wait of 1.20 fails at once on a definition that has no conditions yet, so it is asked again.
# usage: await_definition KUBECTL [ARGUMENT...]: the command, with whatever runs it in the cluster's network
await_definition() {
    local try
    for try in 1 2 3 4 5; do
        "$@" wait --for=condition=Established --timeout=10s crd/aviatorpolicies.aviator.example.com >/dev/null && return
        [[ $try == 5 ]] || sleep 1
    done
    return 1
}
