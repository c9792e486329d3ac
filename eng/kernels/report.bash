# shellcheck shell=bash disable=SC2154
# Turns the guests' result lines into artifacts/kernels.json and a table; sourced.

# write_report WORK JSON: WORK/booted.tsv lists the kernels, WORK/SERIES/ has results.txt, console.log and times.
write_report() {
    local work=$1 json=$2 series package version
    while IFS=$'\t' read -r series package version; do
        jq -n -R --arg series "$series" --arg package "$package" --arg version "$version" \
            --argjson times "[$(tr ' ' , <"$work/$series/times")]" \
            --arg console "$(tail -c 6000 "$work/$series/console.log" | tr -cd '\11\12\40-\176')" -f "$here/report.jq" <"$work/$series/results.txt"
    done <"$work/booted.tsv" | jq -s '{kernels: .}' >"$json"
    jq -r '["SERIES", "RELEASE", "CONDITION", "HOOKS", "MADE", "COUNTED", "IN FLIGHT", "WALK", "MS", "RESULT"],
        (.kernels[] | . as $k | .runs[]
            | [$k.series, $k.release, .condition]
                + if .selftest then .selftest | [.hooks // "-", .requests, .counted, (if .inFlightReadable then "yes" else "no" end), .walk // "-"] else ["-", "-", "-", "-", "-"] end
                + [.milliseconds // "-", .selftest.result // "no report, exit \(.exit)"])
        | @tsv' "$json" | print_table
    jq -r '.kernels[] | "\(.series): init after \(.bootMs // "?") ms, whole run \(.milliseconds) ms" + (if .ended then "" else ", NO END LINE" end)' "$json"
    jq -r '[.kernels[] | . as $k | .runs[] | select(.selftest.reason) | "\($k.series) \(.condition): \(.selftest.reason)"] | .[]' "$json"
    say "wrote ${json#"$root"/}"
    jq -e 'all(.kernels[]; .ended)' "$json" >/dev/null
}

# Tab-separated lines → columns as wide as their widest cell.
print_table() {
    awk -F'\t' '{ for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
        END { for (r = 1; r <= NR; r++) { line = ""; for (i = 1; i <= NF; i++) line = line sprintf("%-" width[i] + 2 "s", cell[r, i]); sub(/ +$/, "", line); print line } }'
}
