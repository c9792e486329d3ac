# shellcheck shell=bash disable=SC2154
# Packs the guest's only file system: init, busybox, the .NET runtime, the agent as built, and the libraries they load; sourced.

# build_image AGENT_DIR CPIO
build_image() {
    local agent=$1 cpio=$2 root runtime version shared dotnet
    [ -f "$agent/Aviator.Agent.dll" ] || { say "no agent in $agent"; return 1; }
    root=$(dirname "$cpio")/root
    mkdir -p "$root"/{bin,sbin,lib,lib64,dev,proc,sys,tmp,etc,agent,dotnet/host/fxr,dotnet/shared}
    install -m 755 "$here/init" "$root/init"
    install -m 755 "$(command -v busybox)" "$root/bin/busybox"
    echo 'nobody:x:65534:65534::/tmp:/bin/sh' >"$root/etc/passwd"
    echo '127.0.0.1 localhost' >"$root/etc/hosts"

    # "Microsoft.NETCore.App 10.0.1 [/usr/share/dotnet/shared/Microsoft.NETCore.App]": the newest of the major version in use.
    for runtime in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
        read -r version shared < <(dotnet --list-runtimes | awk -v r="$runtime" '$1 == r && $2 ~ /^10\./ { gsub(/[][]/, "", $3); print $2, $3 }' | sort -V | tail -n 1)
        [ -d "${shared:-}/$version" ] || { say "dotnet --list-runtimes names no $runtime 10"; return 1; }
        mkdir -p "$root/dotnet/shared/$runtime"
        cp -a "$shared/$version" "$root/dotnet/shared/$runtime/"
        dotnet=$(dirname "$(dirname "$shared")")
    done
    cp -a "$(find "$dotnet/host/fxr" -mindepth 1 -maxdepth 1 -name '10.*' | sort -V | tail -n 1)" "$root/dotnet/host/fxr/" &&
        cp -a "$dotnet/dotnet" "$root/dotnet/" || return 1
    cp -a "$agent/." "$root/agent/"
    find "$root/dotnet" "$root/agent" -type f \( -name '*.pdb' -o -name '*.xml' -o -name 'libmscordb*' -o -name 'libmscordac*' -o -name createdump \) -delete

    cp -L "$(command -v setpriv)" "$root/sbin/setpriv"
    { libbpf_path; find "$root/dotnet" -name '*.so'; echo "$root/dotnet/dotnet"; command -v setpriv; } | add_libraries "$root"
    (cd "$root" && find . -print0 | cpio --null --create --format=newc --owner=+0:+0 --quiet) >"$cpio"
    rm -rf "$root"
}

# Reads paths of programs and libraries and copies what they need (and libbpf itself) to where the guest's loader looks.
add_libraries() {
    local root=$1 file
    while read -r file; do
        case $file in "$root"/* | */setpriv) ;; *) echo "$file" ;; esac
        LD_LIBRARY_PATH='' ldd "$file" 2>/dev/null | awk '$3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }'
    done | sort -u | while read -r file; do
        case $file in
            "$root"/*) ;;
            */ld-linux-x86-64.so.2) cp -L "$file" "$root/lib64/" ;;
            *) cp -L "$file" "$root/lib/" ;;
        esac
    done
}
