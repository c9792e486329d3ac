#!/usr/bin/env bash
# Checks that Markdown has one sentence per line outside code and tables, so that a difference shows the sentence that changed.
# usage: eng/lint-markdown.sh FILE…      prints file:line of each line that holds two sentences
set -euo pipefail

awk '
    FNR == 1 { code = 0 }
    /^ *```/ { code = !code; next }
    code || /^\|/ || /^    / && !/^ *([-*]|[0-9]+\.) / || /^#/ { next }
    {
        line = $0
        sub(/^ *([-*]|[0-9]+\.) /, "", line)
        gsub(/`[^`]*`/, "x", line)        # code may hold any sign
        gsub(/\([^()]*\)/, "", line)      # and so may what stands in brackets
        gsub(/(e\.g|i\.e|vs|etc)\. /, "", line)
        sub(/^\*\*[0-9]+\. /, "", line)     # a step with its number
        if (line ~ /[.!?]["*]* ["*]*[A-Z]/) { printf "%s:%d: two sentences on one line\n", FILENAME, FNR; bad = 1 }
    }
    END { exit bad }
' "$@"
