#!/usr/bin/env bash
# Changes how long a pod of the sample workload takes to answer, while it runs.
# usage: eng/demo/delay.sh NAMESPACE SERVICE DELAY [POD]      DELAY as 500ms; without POD, the first pod of the Service by name
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=eng/lib/current-cluster.bash
source eng/lib/current-cluster.bash
choose_cluster
demo=eng/demo/bin/${CONFIGURATION:-Release}/net10.0/Aviator.Demo.dll
[[ -f $demo ]] || demo=eng/demo/bin/Debug/net10.0/Aviator.Demo.dll
[[ -f $demo ]] || { echo "error: the demo is not built; run: make build" >&2; exit 1; }
exec "${inside[@]}" dotnet "$demo" delay "$@"
