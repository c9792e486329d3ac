#!/usr/bin/env bash
# Finds out once whether Aspire's packages can be had here, and remembers it in Aviator.AppHost/UseAspire.local.props: with them the AppHost is
# an Aspire one, without them the plain host. A no-op once it is known; to find out anew, remove that file.
# usage: eng/aspire.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly project=Aviator.AppHost/Aviator.AppHost.csproj remembered=Aviator.AppHost/UseAspire.local.props limit=90
[[ ! -e $remembered ]] || exit 0

remember() {
    printf '<Project>\n  <PropertyGroup>\n    <UseAspire>%s</UseAspire>\n  </PropertyGroup>\n</Project>\n' "$1" >"$remembered.new"
    mv "$remembered.new" "$remembered"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
timeout "$limit" dotnet restore "$project" -v quiet -nodeReuse:false -p:UseAspire=true >"$log" 2>&1 || status=$?
if ((status == 0)); then
    remember true
    exit 0
fi
remember false
reason=$(grep -m 1 -oE '(error|Could not) .*' "$log" || echo "the restore took over $limit s")
printf 'Aspire: its packages cannot be had here, so Aviator.AppHost is built as the plain host (docs/apphost.md).\n        Reason: %s\n        To try again: rm %s && make setup\n' \
    "${reason:0:200}" "$remembered" >&2
