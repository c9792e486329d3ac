#!/usr/bin/env bash
# Sends requests through a Service until Ctrl-C, each on a new connection, and prints every five seconds how they fared and which pods answered.
# usage: eng/demo/load.sh NAMESPACE SERVICE REQUESTS-PER-SECOND
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=eng/lib/current-cluster.bash
source eng/lib/current-cluster.bash
choose_cluster
demo=eng/demo/bin/${CONFIGURATION:-Release}/net10.0/Aviator.Demo.dll
[[ -f $demo ]] || demo=eng/demo/bin/Debug/net10.0/Aviator.Demo.dll
[[ -f $demo ]] || { echo "error: the demo is not built; run: make build" >&2; exit 1; }
exec "${inside[@]}" dotnet "$demo" load "$@"
