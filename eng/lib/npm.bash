# shellcheck shell=bash
# Fetches a pinned package from npm's registry. Sourced, after packages.bash.

# npm_fetch PACKAGE@VERSION CHECKSUM FOLDER: puts its archive into the folder as package.tgz. CHECKSUM is SHA-256 or SHA-512 in hexadecimal.
# Three tries, for a registry or a machine that is busy; what npm printed last is said where all failed.
npm_fetch() {
    local package=$1 checksum=$2 folder=$3 try sum=sha256sum
    ((${#checksum} == 64)) || sum=sha512sum
    command -v npm >/dev/null || install_packages "fetching $package" npm
    for try in 1 2 3; do
        rm -f "$folder"/*.tgz
        if (cd "$folder" && timeout 120 npm pack --no-progress --loglevel=error "$package" >/dev/null 2>npm.log); then
            mv "$folder"/*.tgz "$folder/package.tgz"
            if echo "$checksum $folder/package.tgz" | $sum --check --status; then return; fi
            echo "the file is not the one whose checksum is known" >>"$folder/npm.log"
        fi
        if ((try < 3)); then sleep $((try * 5 + RANDOM % 5)); fi
    done
    tail -n 5 "$folder/npm.log" >&2
    return 1
}
