#!/usr/bin/env bash
# Builds programs one after the other, and nothing else, and shows how far it is: a first build restores packages and takes minutes.
# usage: eng/build.sh [-p:NAME=VALUE]… PROJECT…      PROJECT is a folder with a project, such as Aviator.Agent
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
configuration=${CONFIGURATION:-Release}
began=$SECONDS

properties=()
while [[ ${1:-} == -p:* ]]; do
    properties+=("$1")
    shift
done
(($#)) || { echo "usage: eng/build.sh [-p:NAME=VALUE]… PROJECT…" >&2; exit 2; }

ticker=
stop_ticker() {
    [[ -n $ticker ]] || return 0
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    ticker=
}
trap stop_ticker EXIT

# One line per project restored or built, every warning and error, and a sign of life when there is none of these for long.
build() { # PROJECT
    local started=$SECONDS status=0
    while sleep 15 >/dev/null 2>&1; do echo "      still building, $((SECONDS - started)) s so far"; done &
    ticker=$!
    dotnet build -nologo -v minimal -clp:NoSummary -c "$configuration" "${properties[@]}" "$1" 2>&1 | sed -u -n \
        -e 's/^ *Restored .*\/\(.*\)\.csproj.*/      restored \1/p' \
        -e 's/^ *\(Aviator[^ ]*\) -> .*/      built    \1/p' \
        -e '/: \(error\|warning\) /p' || status=$?
    stop_ticker
    return "$status"
}

number=0
for project; do
    echo "[$((++number))/$#] building ${project##*/} ($configuration)"
    build "$project" || { echo "error: $project was not built; the messages above say why" >&2; exit 1; }
done
echo "built $# programs in $((SECONDS - began)) s"
