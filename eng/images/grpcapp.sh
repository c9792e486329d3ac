#!/usr/bin/env bash
# Builds aviator-grpcapp:dev, the gRPC server of the tests on the cluster, from what this machine's SDK publishes.
# usage: grpcapp.sh
#   AVIATOR_IMAGE_BASES   public or packages, as for aviator.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/../lib/packages.bash"
# shellcheck source=eng/lib/image-engine.bash
source "$here/../lib/image-engine.bash"

bases=${AVIATOR_IMAGE_BASES:-$([[ $(engine_kind) == packages ]] && echo packages || echo public)}
arguments=()
if [[ $bases == packages ]]; then
    has_image aviator-aspnet:dev || "$here/../offline/bases.sh"
    arguments=(--build-arg RUNTIME_BASE=aviator-aspnet:dev)
fi
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
dotnet publish "$root/Aviator.Tests/GrpcApp/Aviator.Tests.GrpcApp.csproj" -nologo -v quiet -clp:NoSummary -c Release -o "$context/app"
rm -f "$context"/app/*.xml "$context/app/Aviator.Tests.GrpcApp" # the image starts it by dotnet
build_image aviator-grpcapp:dev "$context" --file "$here/grpcapp.Dockerfile" "${arguments[@]}"
