#!/usr/bin/env bash
# Builds aviator-redis:dev out of the distribution's redis-server, for machines that can pull no image: the server, its
# client (health checks run it), the libraries that both need, and a static busybox as the shell.
# usage: redis.sh      DOCKER_HOST says where to; default: the test cluster's engine
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=eng/lib/packages.bash
source "$here/../lib/packages.bash"
install_packages "the Redis image" redis-server redis-tools busybox-static

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
mkdir -p "$context/bin" "$context/data" "$context/tmp"
chmod 1777 "$context/data" "$context/tmp"
# In Debian redis-server is a link to redis-check-rdb: the one binary looks at its name.
cp --dereference /usr/bin/redis-server /usr/bin/redis-cli "$context/bin"
cp /bin/busybox "$context/bin/busybox"
for applet in sh cat ls id; do ln -s busybox "$context/bin/$applet"; done
ldd /usr/bin/redis-server /usr/bin/redis-cli | grep -oE '/[^ ]+\.so[^ ]*' | sort -u | while read -r library; do
    mkdir -p "$context$(dirname "$library")"
    cp --dereference "$library" "$context$library"
done
cp "$here/redis.Dockerfile" "$context.Dockerfile"
trap 'rm -rf "$context" "$context.Dockerfile"' EXIT
"$here/../cluster/build-image.sh" aviator-redis:dev "$context" --file "$context.Dockerfile"
