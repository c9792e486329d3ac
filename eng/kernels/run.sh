#!/bin/bash
# The kernel matrix: boots stock kernels of several series and runs the agent's own self-test in each, as shipped and
# under the conditions that take hooks away. Prints a table and writes artifacts/kernels.json.
#   eng/kernels/run.sh            AGENT_DIR=… uses an agent already built, KERNELS="5.10 6.1" only these series,
#                                 CONDITIONS=stock,… only these conditions, REQUESTS=N
# Ends with 0 when every kernel reported, 77 when this machine cannot run it; the last line on stderr says why.
set -uo pipefail
umask 022 # in the guest, the user nobody reads what is packed here
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/aviator/kernels
for part in lib/log lib/packages kernels/lib kernels/fetch kernels/image kernels/boot kernels/report; do
    # shellcheck source=/dev/null
    . "$root/eng/$part.bash"
done

readonly PARALLEL=2            # each guest keeps one core busy
readonly GUEST_LIMIT=600       # seconds for a boot with all its conditions: 277 s were seen on a busy machine
readonly SELFTEST_LIMIT=240    # seconds for one self-test in the guest: 5.10 verifies for 55 s on a busy machine
requests=${REQUESTS:-2000}

install_packages "the kernel matrix" qemu-system-x86 busybox-static cpio jq util-linux libbpf1
mkdir -p "$cache" "$root/artifacts"
exec 8>"$cache/lock"
flock -w 600 8 || cannot_run "another run holds $cache/lock"
fetch_kernels
[ -s "$cache/kernels.tsv" ] || cannot_run "no kernel could be fetched from the distribution's archive, and none is cached"

if [ -z "${AGENT_DIR:-}" ]; then
    AGENT_DIR=$cache/agent
    say "building the agent"
    dotnet publish "$root/Aviator.Agent" -c Release -o "$AGENT_DIR" -v q -nologo >"$cache/publish.log" 2>&1 || { cat "$cache/publish.log" >&2; exit 1; }
fi
work=$(mktemp -d "$cache/run.XXXXXX")
started=()
trap '[ ${#started[@]} = 0 ] || kill "${started[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT
trap 'exit 143' TERM INT
build_image "$AGENT_DIR" "$work/guest.cpio" || exit 1
say "guest image $(du -m "$work/guest.cpio" | cut -f1) MB"

while IFS=$'\t' read -r series package version vmlinuz; do
    [ -z "${KERNELS:-}" ] || [[ " $KERNELS " == *" $series "* ]] || continue
    while [ "$(jobs -rp | wc -l)" -ge $PARALLEL ]; do wait -n; done
    conditions=${CONDITIONS:-$(awk -v s="$series" '$1 == s { print $3 }' "$here/series.tsv")}
    say "booting $series ($package $version)"
    printf '%s\t%s\t%s\n' "$series" "$package" "$version" >>"$work/booted.tsv"
    (
        trap 'exit 143' TERM INT
        boot_kernel "$vmlinuz" "$work/guest.cpio" "requests=$requests limit=$SELFTEST_LIMIT conditions=$conditions" $GUEST_LIMIT "$work/$series"
    ) 8>&- &
    started+=($!)
done <"$cache/kernels.tsv"
wait
write_report "$work" "$root/artifacts/kernels.json"
