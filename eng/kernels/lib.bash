# shellcheck shell=bash
# Shared by the scripts of this folder; sourced, never run.

# 77 is the exit status for "cannot run on this machine": the test that called reports it as skipped.
readonly CANNOT_RUN=77

cannot_run() { say "skipped: $*"; exit "$CANNOT_RUN"; }

# What lib/packages.bash calls when a package cannot be installed: a reason to skip, here.
die() { cannot_run "$*"; }

# Where the dynamic loader finds libbpf; empty when there is none.
libbpf_path() { /sbin/ldconfig -p | awk '$1 == "libbpf.so.1" && /x86-64/ { print $NF; exit }'; }
