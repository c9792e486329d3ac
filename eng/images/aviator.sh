#!/usr/bin/env bash
# Builds Aviator's images: aviator-controller:TAG, aviator-watchdog:TAG, aviator-agent:TAG.
# usage: aviator.sh [controller] [watchdog] [agent]     all without arguments
#   TAG=dev               the images' tag
#   AVIATOR_IMAGE_BASES   public: the Dockerfiles' own defaults; packages: bases made from distribution packages (eng/offline);
#                         without it: packages where the test cluster's Docker builds, which has no network; else public
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/../lib/packages.bash"
# shellcheck source=eng/lib/image-engine.bash
source "$here/../lib/image-engine.bash"

tag=${TAG:-dev}
bases=${AVIATOR_IMAGE_BASES:-$([[ $(engine_kind) == packages ]] && echo packages || echo public)}

# The Dockerfiles are the same both ways. Without a registry the build stage gets what the machine's own SDK published.
context_for() { # controller|agent
    if [[ $bases == public ]]; then
        echo "$root"
        return
    fi
    local context=$work/$1
    if [[ ! -d $context ]]; then
        mkdir -p "$context/eng/images"
        (cd "$root" && sh eng/images/publish.sh "$1" "$context/published") >&2
        cp "$here/publish.sh" "$context/eng/images/"
    fi
    echo "$context"
}

build() { # IMAGE
    local part=$1 arguments=() context
    [[ $part != watchdog ]] || part=controller
    context=$(context_for "$part")
    [[ $bases == public ]] || arguments=(--build-arg BUILD_BASE=aviator-build-base:dev --build-arg RUNTIME_BASE=aviator-aspnet:dev)
    [[ $1 == agent ]] || arguments+=(--target "$1")
    build_image "aviator-$1:$tag" "$context" --file "$root/deploy/images/$part.Dockerfile" "${arguments[@]}"
}

case $bases in
    public) ;;
    packages) has_image aviator-aspnet:dev && has_image aviator-build-base:dev || "$here/../offline/bases.sh" ;;
    *) die "AVIATOR_IMAGE_BASES must be public or packages, not '$bases'" ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(($#)) || set -- controller watchdog agent
for image; do
    case $image in
        controller | watchdog | agent) build "$image" ;;
        *) die "there is no image called '$image'; there are: controller watchdog agent" ;;
    esac
done
