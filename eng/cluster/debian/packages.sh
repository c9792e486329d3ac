#!/usr/bin/env bash
# Installs the Debian packages that the cluster is built from and runs on.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/../../lib/packages.bash"

[[ $(. /etc/os-release && echo "$ID-${VERSION_ID:-}") == debian-12 ]] ||
    say "warning: this way to a cluster was tried on Debian 12 only; elsewhere install Docker and kind"
install_packages "the cluster" etcd-server docker.io containernetworking-plugins iptables conntrack iproute2 util-linux \
    procps socat jq curl openssl gcc libc6-dev
[[ -e $("$here/build-kubernetes.sh" --where) ]] ||
    install_packages "building Kubernetes" golang-go rsync file make dpkg-dev ca-certificates
