#!/usr/bin/env bash
# Copies a pinned uPlot, the plotting library of the controller's live page, into a folder; fetched once by npm, and kept in the cache.
# The controller's build runs it.
# usage: uplot.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/lib/packages.bash"
# shellcheck source=eng/lib/npm.bash
source "$here/lib/npm.bash"

package=uplot version=1.6.32
checksum=2883159c6ebccefbb95d751b0b82d010f9e1c0ec41b8bc96d401eda66e882935c89a46cb824332fa369b8cb8122cc6ac36e186cd09bf7a9ded3a4c93c6989023
cache=${XDG_CACHE_HOME:-$HOME/.cache}/aviator

fetch() {
    local work
    say "fetching uPlot $version, once (0.2 MB)"
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    if npm_fetch "$package@$version" "$checksum" "$work"; then
        tar -xzf "$work/package.tgz" -C "$work" --strip-components 1 package/LICENSE package/dist/uPlot.iife.min.js package/dist/uPlot.min.css
        mkdir "$work/files"
        cp "$work/dist/uPlot.iife.min.js" "$work/files/uplot.js"
        cp "$work/dist/uPlot.min.css" "$work/files/uplot.css"
        cp "$work/LICENSE" "$work/files/uplot-license.txt"
        # Renamed into place: who runs at the same time sees all of it or nothing, and the second one's is the same.
        mv -T "$work/files" "$cache/uplot-$version" 2>/dev/null || [[ -e $cache/uplot-$version/uplot.js ]]
        rm -rf "$work"
    else
        rm -rf "$work"
        die "npm could not fetch $package $version, or it is not the file whose checksum stands in eng/uplot.sh; see that npm reaches its registry"
    fi
}

[[ -e $cache/uplot-$version/uplot.js ]] || fetch
mkdir -p "$1"
cp -u "$cache/uplot-$version"/* "$1"
