#!/usr/bin/env bash
# Makes the base images for a place that no registry can be reached from: aviator-aspnet:dev from Debian packages and the
# installed ASP.NET Core runtime, aviator-build-base:dev with just a shell, because there the programs are published beforehand.
# usage: bases.sh     builds both where images of the current cluster, or of the user's Docker, live
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/../lib/packages.bash"
# shellcheck source=eng/lib/image-engine.bash
source "$here/../lib/image-engine.bash"

# The C and C++ runtimes, OpenSSL and the public certificates: what .NET loads.
packages=(libc6 libgcc-s1 libstdc++6 libssl3 ca-certificates)

unpack() { # PACKAGE ROOT: the package's files, and its description where image scanners look for it
    local file
    file=$(cd "$work/packages" && apt-get download -q "$1" >/dev/null 2>&1 && ls "$work/packages/$1"_*.deb) || die "apt-get could not download $1; run: apt-get update"
    dpkg-deb -x "$file" "$2"
    mkdir -p "$2/var/lib/dpkg/status.d"
    dpkg-deb -f "$file" >"$2/var/lib/dpkg/status.d/$1"
}

make_root() { # ROOT
    local root=$1 package
    mkdir -p "$root"/{etc/ssl/certs,tmp,usr/lib}
    chmod 1777 "$root/tmp"
    for package in "${packages[@]}"; do unpack "$package" "$root"; done
    rm -rf "$root"/usr/share/{doc,man,locale,lintian,bug} "$root"/usr/lib/*/gconv "$root"/usr/sbin
    find "$root/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$root/etc/ssl/certs/ca-certificates.crt"
    printf 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
    echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
}

add_dotnet() { # ROOT: the runtime that this machine's SDK brought
    local root=$1 home version
    home=$(dirname "$(readlink -f "$(command -v dotnet)")")
    version=$(dotnet --list-runtimes | awk '$1 == "Microsoft.AspNetCore.App" && $2 ~ /^10\./ { found = $2 } END { print found }')
    [[ -n $version ]] || die "the ASP.NET Core 10 runtime is missing; it comes with the .NET 10 SDK"
    mkdir -p "$root/usr/share/dotnet/shared" "$root/usr/bin"
    cp "$home/dotnet" "$root/usr/share/dotnet/"
    (cd "$home" && cp -R --parents "host/fxr/$version" "shared/Microsoft.NETCore.App/$version" "shared/Microsoft.AspNetCore.App/$version" "$root/usr/share/dotnet/")
    ln -s /usr/share/dotnet/dotnet "$root/usr/bin/dotnet"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{packages,runtime,build/bin}
[[ $(uname -m) == x86_64 || $(uname -m) == aarch64 ]] || die "base images are made on x86_64 and aarch64 only"

make_root "$work/runtime/root"
add_dotnet "$work/runtime/root"
printf 'FROM scratch\nCOPY root/ /\nENV DOTNET_RUNNING_IN_CONTAINER=true DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true\n' >"$work/runtime/Dockerfile"
build_image aviator-aspnet:dev "$work/runtime"

unpack busybox-static "$work/build/root"
(cd "$work/build/root/bin" && for tool in sh cp mkdir; do ln -s busybox "$tool"; done)
printf 'FROM scratch\nCOPY root/bin/ /bin/\n' >"$work/build/Dockerfile"
build_image aviator-build-base:dev "$work/build"
