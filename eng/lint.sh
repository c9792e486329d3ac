#!/usr/bin/env bash
# Checks format and style: C# (dotnet format), shell (shellcheck), C (clang-format). Says which check failed, and goes on to the next.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=eng/lib/packages.bash
source eng/lib/packages.bash
install_packages "the lint" shellcheck clang-format
failed=0

check() { # WHAT HOW-TO-MEND COMMAND…
    local what=$1 mend=$2
    shift 2
    if "$@"; then echo "ok      $what"; else
        echo "failed  $what; to mend: $mend" >&2
        failed=1
    fi
}

mapfile -t shell < <(git ls-files '*.sh' '.ci/run')
mapfile -t c < <(git ls-files '*.c' '*.h')
check "C#" "dotnet format Aviator.sln" dotnet format Aviator.sln --verify-no-changes --verbosity quiet
((${#shell[@]} == 0)) || check "shell" "what shellcheck says" shellcheck -S warning "${shell[@]}"
((${#c[@]} == 0)) || check "C" "clang-format -i ${c[*]}" clang-format --fallback-style=none --dry-run -Werror "${c[@]}"
exit "$failed"
