# shellcheck shell=bash disable=SC2154
# Brings stock kernels from the distribution's archive into the cache; sourced.
# apt works with its own sources list and state directory, so the system's sources stay as they are,
# and nothing is installed: of each package only vmlinuz is kept.

readonly MAX_AGE_DAYS=7
archive=$cache/archive

# The mirrors that this machine itself uses: one for the releases, one for security updates.
mirror_of() {
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk -F'|' -v label="$1" '$1 == "Debian" && $2 == label { print $3; exit }'
}

apt_private() {
    local command=$1
    shift
    "$command" -qq -o Dir::Etc::SourceList="$archive/sources.list" -o Dir::Etc::SourceParts="$archive/none" \
        -o Dir::State::Lists="$archive/lists" -o Dir::State::status=/dev/null \
        -o Dir::Cache="$archive" -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin \
        -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User= -o APT::Update::Post-Invoke= \
        -o Acquire::Languages=none -o Acquire::Retries=3 -o Acquire::http::Timeout=30 \
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}

write_sources() {
    local releases security suite mirror
    releases=$(mirror_of Debian)
    security=$(mirror_of Debian-Security)
    [ -n "$releases" ] || return 1
    : "${security:=${releases%/}-security}"
    mkdir -p "$archive/none" "$archive/lists/partial" "$archive/archives/partial"
    for suite in "$@"; do
        case $suite in *-security) mirror=$security ;; *) mirror=$releases ;; esac
        echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$archive/sources.list"
}

# Newest package that carries the vmlinuz of a series: linux-image-*, from 6.19 on linux-binary-*.
newest_package() {
    local series=${1//./\\.} names version
    [ "$1" = newest ] && series='[0-9]+\.[0-9]+'
    names=$({ apt_private apt-cache pkgnames linux-image-; apt_private apt-cache pkgnames linux-binary-; })
    version=$(sed -nE "s/^linux-image-($series\.[0-9][^-]*(-[0-9]+)?-cloud-amd64)$/\1/p" <<<"$names" | sort -V | tail -n 1)
    [ -n "$version" ] || return 1
    grep -x "linux-binary-$version" <<<"$names" || echo "linux-image-$version"
}

# Prints "series<TAB>package<TAB>version<TAB>vmlinuz", the line that the cache's list keeps.
fetch_series() {
    local series=$1 package work deb version image
    package=$(newest_package "$series") || return 1
    version=$(apt_private apt-cache show --no-all-versions "$package" | awk '$1 == "Version:" { print $2; exit }')
    image=$cache/vmlinuz/${package}_${version//:/%}
    if [ ! -s "$image" ]; then
        say "fetching $package $version"
        work=$(mktemp -d "$cache/unpack.XXXXXX")
        (cd "$work" && apt_private apt-get download "$package" >/dev/null 2>&1) || { rm -rf "$work"; return 1; }
        deb=$(echo "$work"/*.deb)
        dpkg -x "$deb" "$work/tree"
        mkdir -p "$cache/vmlinuz"
        find "$work/tree" -type f -name 'vmlinuz*' -exec mv {} "$image.partial" \;
        rm -rf "$work"
        mv "$image.partial" "$image" || return 1
    fi
    printf '%s\t%s\t%s\t%s\n' "$series" "$package" "$version" "$image"
}

# Leaves the list of kernels at $cache/kernels.tsv: resolved again after a week, or when a series is missing from it.
# What cannot be had now keeps its cached kernel; a series that has none is left out, and the caller says so.
fetch_kernels() {
    local list=$cache/kernels.tsv series suite
    if [ -n "$(find "$list" -mtime -$MAX_AGE_DAYS 2>/dev/null)" ] && list_complete "$list"; then return 0; fi
    command -v apt-get >/dev/null || { say "no apt-get to fetch kernels with"; return 0; }
    say "resolving kernels in the distribution's archive"
    # shellcheck disable=SC2046  # one word a suite
    write_sources $(awk '!/^#/ { print $2 }' "$here/series.tsv") || { say "this machine's apt sources name no Debian mirror"; return 0; }
    apt_private apt-get update >"$cache/update.log" 2>&1 || say "not all lists could be updated, see $cache/update.log"
    while read -r series suite _; do
        fetch_series "$series" || { say "no kernel of series $series in $suite"; grep -P "^$series\t" "$list" 2>/dev/null || true; }
    done < <(grep -v '^#' "$here/series.tsv") >"$list.partial"
    mv "$list.partial" "$list"
    find "$cache/vmlinuz" -type f 2>/dev/null | grep -vxFf <(cut -f4 "$list") | xargs -r rm -f
}

list_complete() {
    local series image
    while read -r series _; do
        image=$(awk -F'\t' -v s="$series" '$1 == s { print $4 }' "$1")
        [ -s "$image" ] || return 1
    done < <(grep -v '^#' "$here/series.tsv")
}
