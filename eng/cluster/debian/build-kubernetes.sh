#!/usr/bin/env bash
# Builds the Kubernetes binaries from Debian's source package, once, into the cache. Needs no root: the package lists it
# reads are its own, the system's apt sources stay as they are.
# usage: build-kubernetes.sh            the directory of the binaries is its only line on stdout
#        build-kubernetes.sh --where    the directory, whether it exists or not
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/cluster/debian/kubernetes-recipe.bash
source "$here/kubernetes-recipe.bash"
# shellcheck source=eng/lib/log.bash
source "$here/../../lib/log.bash"

mirror=${AVIATOR_DEBIAN_MIRROR:-http://deb.debian.org/debian}
recipe=$(sed '/^ *#/d; /^ *$/d' "$here/kubernetes-recipe.bash" | sha256sum | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/aviator
target=$cache/kubernetes-$KUBERNETES_VERSION-$recipe
work=$target.build

# apt with package lists of its own: enabling deb-src system-wide would change what the user's own apt does.
apt_private() {
    apt-get -qq -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User="" "$@"
}

fetch() {
    local signed=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg kind
    mkdir -p "$work"/apt/lists/partial "$work"/apt/cache/archives/partial "$work"/source
    for kind in deb deb-src; do
        printf '%s [%s] %s %s main\n' "$kind" "$signed" "$mirror" "$KUBERNETES_SOURCE_SUITE"
    done >"$work/apt/sources.list"
    cd "$work/source"
    apt_private update
    apt_private source --download-only kubernetes
    [[ -n $(find . -name "kubernetes_$KUBERNETES_SOURCE_PREFIX*.dsc") ]] ||
        die "Debian offers another Kubernetes than $KUBERNETES_VERSION; check kubernetes-recipe.bash"
    dpkg-source --no-check -x kubernetes_*.dsc "$work/tree" >"$work/unpack.log" 2>&1
    apt_private download "$REFLECT2_PACKAGE"
    [[ $(dpkg-deb -f "$REFLECT2_PACKAGE"_*.deb Version) == "$REFLECT2_PREFIX"* ]] ||
        die "Debian offers another $REFLECT2_PACKAGE than $REFLECT2_PREFIX*; check kubernetes-recipe.bash"
    dpkg-deb -x "$REFLECT2_PACKAGE"_*.deb "$work/reflect2"
}

build() {
    # A step that was finished before an interruption is not done again.
    export GOCACHE=$work/go-cache GOFLAGS=-buildvcs=false
    if [[ ! -e $work/fetched ]]; then
        say "1/3 fetching the source of Kubernetes $KUBERNETES_VERSION from $mirror"
        rm -rf "$work"
        fetch
        replace_reflect2
        touch "$work/fetched"
    fi
    if [[ ! -e $work/generated ]]; then
        say "2/3 generating code (about 1 min on two cores)"
        generate
        touch "$work/generated"
    fi
    say "3/3 compiling ${KUBERNETES_BINARIES[*]} (2 to 7 min on two cores)"
    compile
    # The directory appears complete or not at all: a build that was cut short is never taken for a finished one.
    mv -T "$work/bin" "$target"
    chmod -R u+w "$work"
    rm -rf "$work"
    say "kept the binaries in $target"
}

main() {
    [[ ${1:-} != --where ]] || { echo "$target"; return; }
    if [[ ! -e $target/kube-apiserver ]]; then
        mkdir -p "$cache"
        exec 9>"$target.lock"
        flock -n 9 || { say "another build of the same recipe is running; waiting for it to end"; flock 9; }
        [[ -e $target/kube-apiserver ]] || build
        rm -f "$target.lock"
    fi
    echo "$target"
}

main "$@"
