# shellcheck shell=bash disable=SC2034,SC2154,SC2164
# What determines the Kubernetes binaries: versions, the one repair, flags. The hash of this file (comments left out) names
# the cache directory, so a change here builds anew and a change elsewhere does not. Sourced by build-kubernetes.sh, which
# sets $work and gives die.

# The upstream version inside Debian's source package, whose own version starts with KUBERNETES_SOURCE_PREFIX; its last
# part is left open, because the archive keeps only the newest security update.
KUBERNETES_VERSION=1.20.2
KUBERNETES_SOURCE_PREFIX='1.20.5+really1.20.2-'
KUBERNETES_SOURCE_SUITE=bookworm
KUBERNETES_BINARIES=(kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl)
REFLECT2_PACKAGE=golang-github-modern-go-reflect2-dev
REFLECT2_PREFIX=1.0.2-

# The vendored reflect2 1.0.1 reads runtime internals that moved in Go 1.18: the API server dies with "fatal error: fault"
# at the first custom resource. 1.0.2 mends it.
replace_reflect2() {
    local vendored=$work/tree/vendor/github.com/modern-go/reflect2
    rm -f "$vendored"/*.go "$vendored"/*.s
    cp "$work"/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$vendored/"
    rm -f "$vendored"/*_test.go
}

generate() {
    make -C "$work/tree" generated_files >"$work/generate.log" 2>&1 ||
        die "code generation failed; see $work/generate.log"
}

# GOPATH mode, because the source package brings its vendor directory and no module cache. Without cloud providers, which
# halves the time. Two packages carry the version: --version prints component-base's, the server's /version answers client-go's.
# Without the stamps it calls itself v0.0.0, and Helm, which asks the server, refuses charts that name a kubeVersion.
compile() {
    local packages=("${KUBERNETES_BINARIES[@]/#/./cmd/}") stamps=() package major minor
    IFS=. read -r major minor _ <<<"$KUBERNETES_VERSION"
    for package in k8s.io/kubernetes/vendor/k8s.io/{component-base/version,client-go/pkg/version}; do
        stamps+=("-X $package.gitVersion=v$KUBERNETES_VERSION" "-X $package.gitMajor=$major" "-X $package.gitMinor=$minor")
    done
    mkdir -p "$work/tree/.go/src/k8s.io" "$work/bin"
    ln -sfn "$work/tree" "$work/tree/.go/src/k8s.io/kubernetes"
    cd "$work/tree/.go/src/k8s.io/kubernetes"
    GOPATH=$work/tree/.go GO111MODULE=off CGO_ENABLED=0 go build -trimpath -tags providerless -o "$work/bin/" \
        -ldflags "-s -w ${stamps[*]}" \
        "${packages[@]}" >"$work/compile.log" 2>&1 || die "compilation failed; see $work/compile.log"
}
