# shellcheck shell=bash
# Which kind of cluster: AVIATOR_CLUSTER_KIND = kind | packages | auto (kind where Docker and kind are there). What is up
# decides for the commands that come after. Sourced after common.bash.

cluster_kind() {
    case ${AVIATOR_CLUSTER_KIND:-auto} in
        kind | packages) echo "$AVIATOR_CLUSTER_KIND" ;;
        auto)
            if [[ -e $STATE/kind ]]; then echo kind
            elif [[ -e $RUN ]]; then echo packages
            elif command -v kind >/dev/null && env -u DOCKER_HOST docker version >/dev/null 2>&1; then echo kind
            else echo packages; fi ;;
        *) die "AVIATOR_CLUSTER_KIND must be auto, kind or packages, not '$AVIATOR_CLUSTER_KIND'" ;;
    esac
}
