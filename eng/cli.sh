#!/usr/bin/env bash
# Builds kubectl aviator into artifacts/cli.
# usage: eng/cli.sh              one file for this machine, with the runtime inside
#        eng/cli.sh --tool       a .NET tool's package
#        eng/cli.sh --all        an archive for each platform, and krew's manifest with their checksums
# CLI_URI: where the archives will be served, for the manifest; https://example.com/aviator by default.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly target=artifacts/cli project=Aviator.Cli/Aviator.Cli.csproj
readonly platforms=(linux-x64 linux-arm64 osx-x64 osx-arm64 win-x64)
uri=${CLI_URI:-https://example.com/aviator}

publish() { # PLATFORM DIRECTORY
    dotnet publish -nologo -v quiet -c Release -r "$1" --self-contained -o "$2" \
        -p:PublishSingleFile=true -p:EnableCompressionInSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true \
        -p:DebugType=none "$project"
}

this_platform() {
    local system=linux machine=x64
    [[ $(uname -s) == Darwin ]] && system=osx
    [[ $(uname -m) == aarch64 || $(uname -m) == arm64 ]] && machine=arm64
    echo "$system-$machine"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target"
case ${1:-} in
    "")
        publish "$(this_platform)" "$work"
        install -m 755 "$work/kubectl-aviator" "$target/kubectl-aviator"
        echo "built $target/kubectl-aviator ($(du -h "$target/kubectl-aviator" | cut -f 1)); put it into your PATH: kubectl aviator"
        ;;
    --tool)
        dotnet pack -nologo -v quiet -c Release -o "$target" "$project"
        echo "packed $target; install it by: dotnet tool install --global --add-source $target Aviator.Cli"
        ;;
    --all)
        version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
        manifest=$(sed -e "s|@VERSION@|v$version|" -e "s|@URI@|$uri|" deploy/krew/aviator.yaml)
        for platform in "${platforms[@]}"; do
            publish "$platform" "$work/$platform"
            install -m 755 deploy/krew/kubectl_complete-aviator "$work/$platform/"
            cp LICENSE "$work/$platform/"
            archive=$target/kubectl-aviator-$platform.tar.gz
            mapfile -t files < <(cd "$work/$platform" && find . -maxdepth 1 -name 'kubectl-aviator' -o -name '*.exe' -o -name 'kubectl_*' -o -name LICENSE)
            # The same bytes give the same archive: no names, no times.
            (cd "$work/$platform" && tar --sort=name --owner=0 --group=0 --mtime=@0 -c "${files[@]}") |
                gzip -n >"$archive"
            sum=$(sha256sum "$archive" | cut -d ' ' -f 1)
            manifest=${manifest//"@SHA256:$platform@"/$sum}
            echo "built $archive"
        done
        printf '%s\n' "$manifest" >"$target/aviator.yaml"
        echo "wrote $target/aviator.yaml; try it by: kubectl krew install --manifest=$target/aviator.yaml --archive=ARCHIVE"
        ;;
    *)
        echo "error: \"$1\" is not known; use no argument, --tool or --all" >&2
        exit 2
        ;;
esac
