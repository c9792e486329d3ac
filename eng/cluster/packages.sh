#!/usr/bin/env bash
# Installs the Debian packages that the cluster is built from and runs on.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/setup-packages.sh
source "$here/../setup-packages.sh"

install_packages "the cluster" etcd-server docker.io containernetworking-plugins iptables conntrack iproute2 util-linux \
    procps psmisc kmod jq curl openssl gcc libc6-dev ethtool socat
[[ -e $("$here/build-kubernetes.sh" --where) ]] ||
    install_packages "building Kubernetes" golang-go rsync file make dpkg-dev ca-certificates
