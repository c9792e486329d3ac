#!/bin/sh
# Publishes a program for its image: OUT/app is the program, OUT/lib the native libraries that it loads.
# usage: publish.sh controller|agent OUT
# Runs in the build stage of deploy/images/, and on the machine itself where that stage has no SDK; then the stage finds the
# result in ./published and takes it as it is.
set -eu
component=$1 out=$2
if [ -d published ]; then
    mkdir -p "$out"
    cp -R published/. "$out/"
    exit
fi

case $component in
    controller) project=Aviator.Controller ;;
    agent) project=Aviator.Agent ;;
    *) echo "error: '$component' is neither controller nor agent" >&2; exit 1 ;;
esac

# The agent's build compiles the kernel programs. On the machine itself eng/setup.sh has installed the tools.
if [ "$component" = agent ] && ! { command -v clang && command -v make && [ -e /usr/include/bpf/bpf_helpers.h ]; } >/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends clang make libc6-dev libbpf-dev libbpf1
fi

rm -rf "${out:?}/app" "${out:?}/lib"
dotnet publish "$project/$project.csproj" -nologo -v quiet -clp:NoSummary -c Release -o "$out/app" -p:RequireBpf=true -p:PublishDocumentationFiles=false
# The image starts the program by dotnet. Publishing without a host of its own would take it out of the build's folder too, where others start it.
rm -f "$out"/app/*.xml "$out/app/$project"

mkdir -p "$out/lib"
if [ "$component" = agent ]; then
    libbpf=$(ldconfig -p | awk '$1 == "libbpf.so.1" { print $NF; exit }')
    [ -n "$libbpf" ] || { echo "error: libbpf.so.1 is missing; install the package libbpf1" >&2; exit 1; }
    # With what it needs itself (libelf, zlib and theirs); the C library comes with the base.
    for library in "$libbpf" $(ldd "$libbpf" | awk '$3 ~ /^\// && $1 !~ /^lib(c|m|pthread|dl|rt)\.so/ { print $3 }'); do
        cp -L "$library" "$out/lib/"
    done
fi
