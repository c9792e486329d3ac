#!/usr/bin/env bash
# Helm: the user's own where one is on the PATH, else the pinned one of eng/offline.
# usage: helm.sh ARGUMENTS…     runs it
#        helm.sh --where        prints its path; fetches it first where it is missing
set -euo pipefail
helm=$(command -v helm) || helm=$("$(dirname "${BASH_SOURCE[0]}")/offline/helm.sh")
if [[ ${1:-} == --where ]]; then echo "$helm"; else exec "$helm" "$@"; fi
