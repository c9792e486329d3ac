#!/usr/bin/env bash
# Installs what the build needs: Debian packages, when missing, and checks the .NET SDK. A no-op on a machine that has all.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/lib/packages.bash"

sdk_major=10
install_packages "the build" clang llvm libbpf-dev libbpf1 bpftool gcc libc6-dev make jq wrk curl iproute2 iptables util-linux redis-server

sdk=$(dotnet --list-sdks 2>/dev/null | grep "^$sdk_major\." | tail -n 1 || true)
[[ -n $sdk ]] || die "the .NET $sdk_major SDK is missing; install it (https://dotnet.microsoft.com/download/dotnet/$sdk_major.0) and put dotnet on the PATH"
