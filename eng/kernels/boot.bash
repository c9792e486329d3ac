# shellcheck shell=bash
# Boots one kernel under qemu's software emulation and waits, bounded, for its END line; sourced.

readonly BOOT_ATTEMPTS=2

# boot_kernel VMLINUZ CPIO COMMAND_LINE LIMIT_SECONDS DIRECTORY
# Leaves console.log, results.txt and times (ms until init spoke, ms in all) in the directory. Hardware acceleration is never used: where it is offered inside
# another virtual machine, guests may hang. Tried a second time only if init never started: that is the emulator's fault.
boot_kernel() {
    local kernel=$1 cpio=$2 line=$3 limit=$4 out=$5 attempt
    mkdir -p "$out"
    for attempt in $(seq $BOOT_ATTEMPTS); do
        : >"$out/console.log"
        : >"$out/results.txt"
        run_qemu "$kernel" "$cpio" "$line" "$limit" "$out"
        grep -q '^INIT ' "$out/results.txt" && break
        say "$(basename "$out"): init did not start (attempt $attempt of $BOOT_ATTEMPTS)"
    done
    grep -q '^END' "$out/results.txt"
}

# notsc: while the host is busy the guest misjudges the speed of its time-stamp counter, and its clock runs several times too fast.
run_qemu() {
    local kernel=$1 cpio=$2 line=$3 limit=$4 out=$5 pid deadline begin boot=null
    begin=$(date +%s%3N)
    qemu-system-x86_64 -M pc -accel tcg,thread=single -cpu max -smp 2 -m 1024 \
        -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$kernel" -initrd "$cpio" -append "console=ttyS0 panic=-1 quiet notsc $line" \
        -serial "file:$out/console.log" -serial "file:$out/results.txt" </dev/null >"$out/qemu.log" 2>&1 &
    pid=$!
    # Ended by its own id, whatever way this shell ends; the guest's reboot ends it in the normal case.
    trap 'kill -KILL $pid 2>/dev/null' EXIT
    deadline=$((SECONDS + limit))
    while kill -0 "$pid" 2>/dev/null && ! grep -q '^END' "$out/results.txt" && [ $SECONDS -lt $deadline ]; do
        sleep 0.2
        if [ "$boot" = null ] && [ -s "$out/results.txt" ]; then boot=$(($(date +%s%3N) - begin)); fi
    done
    echo "$boot $(($(date +%s%3N) - begin))" >"$out/times"
    [ $SECONDS -lt $deadline ] || say "$(basename "$out"): ended after $limit s without an END line"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    trap - EXIT
    return 0
}
