# shellcheck shell=bash
# What the commands print for people, on standard error. Sourced.

say() { printf '%s  %s\n' "$(date +%T)" "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
