#!/usr/bin/env bash
# Checks format and style: C# (dotnet format, line length), shell (shellcheck), C (clang-format), Markdown (one sentence per line).
# Reports each check that failed, with the fix, and runs the others all the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=eng/lib/packages.bash
source eng/lib/packages.bash
install_packages "the lint" shellcheck clang-format
readonly longest=140
failed=0

check() { # WHAT HOW-TO-FIX COMMAND…
    local what=$1 fix=$2
    shift 2
    if "$@"; then echo "ok      $what"; else
        echo "failed  $what; to fix it: $fix" >&2
        failed=1
    fi
}

# Prints FILE:LINE of every line that is too long, in characters, not bytes.
short_lines() { # FILE…
    local long
    long=$(LC_ALL=C.UTF-8 grep -HnE "^.{$((longest + 1)),}" "$@" | cut -d : -f 1,2) || return 0
    printf '%s\n' "$long" >&2
    return 1
}

mapfile -t csharp < <(git ls-files '*.cs')
mapfile -t shell < <(git ls-files '*.sh' '*.bash' '.ci/run')
mapfile -t c < <(git ls-files '*.c' '*.h')
mapfile -t markdown < <(git ls-files '*.md')
check "C#" "dotnet format Aviator.sln" dotnet format Aviator.sln --verify-no-changes --verbosity quiet
check "C# lines of at most $longest characters" "break the lines named above" short_lines "${csharp[@]}"
check "shell" "what shellcheck says" shellcheck -S warning "${shell[@]}"
check "C" "clang-format -i ${c[*]}" clang-format --fallback-style=none --dry-run -Werror "${c[@]}"
check "Markdown" "one sentence per line" eng/lint-markdown.sh "${markdown[@]}"
exit "$failed"
