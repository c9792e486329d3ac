#!/usr/bin/env bash
# Builds the test images from C sources and puts them into the cluster: aviator-pause:dev, aviator-testapp:dev and aviator-testclient:dev.
# usage: build.sh [pause] [testapp] [testclient]      all without arguments
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
declare -A sources=([pause]="$here/pause.c" [testapp]="$here/../../Aviator.Tests/TestApp/*.c"
    [testclient]="$here/../../Aviator.Tests/TestClient/*.c")
compiler=${CC:-gcc}

build() {
    local name=$1 source=${sources[$1]:-} context
    [[ -n $source ]] || { echo "error: no image is called '$name'; there are: ${!sources[*]}" >&2; exit 1; }
    context=$(mktemp -d)
    # shellcheck disable=SC2086
    "$compiler" -D_GNU_SOURCE -std=gnu17 -O2 -Wall -Wextra -Werror -static -s -o "$context/$name" $source
    cp "$here/$name.Dockerfile" "$context/Dockerfile"
    "$here/../cluster/build-image.sh" "aviator-$name:dev" "$context"
    rm -rf "$context"
}

(($#)) || set -- "${!sources[@]}"
for name; do build "$name"; done
