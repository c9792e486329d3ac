# shellcheck shell=bash
# Installs Debian packages that are missing. Sourced.

# shellcheck source=eng/lib/log.bash
declare -F die >/dev/null || source "$(dirname "${BASH_SOURCE[0]}")/log.bash"

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# install_packages PURPOSE PACKAGE…: nothing to do and no right needed when all are there.
install_packages() {
    local purpose=$1 package missing=()
    shift
    for package; do is_installed "$package" || missing+=("$package"); done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null ||
        die "$purpose needs these Debian packages, and this is no Debian: ${missing[*]}"
    [[ $EUID -eq 0 ]] ||
        die "$purpose needs packages that are missing; run: sudo apt-get install --no-install-recommends ${missing[*]}"
    say "installing for $purpose: ${missing[*]}"
    local log
    log=$(mktemp)
    # One at a time: apt-get refuses to run beside another, and so do the services' policies.
    (
        flock -w 600 8 || { echo "another installation has run for ten minutes" >"$log"; exit 1; }
        without_services apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
            { apt-get update -q >>"$log" 2>&1 && without_services apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; }
    ) 8>/run/lock/aviator-packages || { tail -n 15 "$log" >&2; die "apt-get could not install ${missing[*]}; the whole log is $log"; }
    rm -f "$log"
}

# Some of the packages bring services (etcd, Docker, Prometheus). The cluster starts its own; theirs must not start now nor at the next boot.
without_services() {
    local policy=/usr/sbin/policy-rc.d ours=no service result=0
    if [[ ! -e $policy ]]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive "$@" || result=$?
    [[ $ours == no ]] || rm -f "$policy"
    if [[ -d /run/systemd/system ]]; then
        for service in "${missing[@]}"; do
            case $service in
                docker.io) systemctl disable --quiet docker.service docker.socket || true ;;
                etcd-server) systemctl disable --quiet etcd.service || true ;;
                prometheus) systemctl disable --quiet prometheus.service || true ;;
            esac
        done
    fi
    return "$result"
}
