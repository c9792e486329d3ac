#!/usr/bin/env bash
# Runs the tests by stage and ends with one line: N passed, N failed, N skipped.
#   eng/test.sh all | unit | redis | bpf | kernels | e2e [more arguments for the test runner, e.g. -method '*Steer*']
# A stage that ends without a summary (a crash, a time-out) counts as one failed test. Logs and results: artifacts/test/.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly results=artifacts/test
configuration=${CONFIGURATION:-Release}
runner=Aviator.Tests/bin/$configuration/net10.0/Aviator.Tests.dll
passed=0 failed=0 skipped=0

say() { printf '\n== %s\n' "$*"; }

# Adds the totals of one stage's log to the sum.
count() {
  local log=$1 status=$2 line total errors broken left
  line=$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1) || true
  if [[ -z $line ]]; then
    printf 'The stage ended without a summary (exit code %s); see %s.\n' "$status" "$log"
    failed=$((failed + 1))
    return
  fi
  [[ $line =~ ([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+) ]]
  total=${BASH_REMATCH[1]} errors=${BASH_REMATCH[2]} broken=${BASH_REMATCH[3]} left=${BASH_REMATCH[4]}
  passed=$((passed + total - broken - left))
  failed=$((failed + broken + errors))
  skipped=$((skipped + left))
  # The runner may fail for a reason that its totals do not show.
  if ((status != 0 && broken + errors == 0)); then failed=$((failed + 1)); fi
}

# stage NAME LIMIT COMMAND…: runs it under a time limit, shows it live, counts it.
stage() {
  local name=$1 limit=$2 status=0 log=$results/$1.log
  shift 2
  say "$name tests"
  local began=$SECONDS
  timeout --kill-after=30 "$limit" "$@" 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
  count "$log" "$status"
  printf '(%s: %d s)\n' "$name" $((SECONDS - began))
}

# A stage that this machine cannot run is said, and counted as one skipped test.
skip() {
  say "$1 tests: skipped: $2"
  skipped=$((skipped + 1))
}

is_root() { [[ $(id -u) -eq 0 ]]; }

unit() {
  stage unit 5m dotnet "$runner" -noColor -trait- Category=Bpf -trait- Category=Cluster -trait- Category=Kernels -trait- Category=Redis "$@"
}

# A redis-server of each test's own on a port of loopback. Containers come in the e2e stage, where there is an engine.
redis() {
  if ! command -v redis-server >/dev/null; then
    if ! is_root; then skip redis 'redis-server is not installed; run: sudo apt-get install --no-install-recommends redis-server'; return; fi
    (source eng/setup-packages.sh && install_packages 'the Redis tests' redis-server)
  fi
  stage redis 10m dotnet "$runner" -noColor -parallelMode none -trait Category=Redis "$@"
}

bpf() {
  if ! is_root; then skip bpf 'loading programs into the kernel needs root; run as root'; return; fi
  stage bpf 10m dotnet "$runner" -noColor -parallelMode none -trait Category=Bpf "$@"
}

kernels() {
  if ! is_root; then skip kernels 'the boot image needs root; run as root'; return; fi
  stage kernels 15m dotnet "$runner" -noColor -parallelMode none -trait Category=Kernels "$@"
}

# Testcontainers works with the cluster's engine where there is one, else with the user's own. Its reaper is an image that not every
# machine can pull, so tests clean up themselves; and engines of Debian 12 speak no later API than this one.
containers() {
  local docker
  docker=$(source eng/cluster/lib.sh && source eng/cluster/choice.sh && [[ $(cluster_kind) == packages ]] && printf '%s' "$DOCKER_HOST") || return 0
  eng/images/redis.sh
  export DOCKER_HOST=$docker DOCKER_API_VERSION=1.41 TESTCONTAINERS_RYUK_DISABLED=true AVIATOR_REDIS_IMAGE=${AVIATOR_REDIS_IMAGE:-aviator-redis:dev}
}

e2e() {
  local run=dotnet
  if [[ -z ${KUBECONFIG_E2E:-} ]]; then
    if ! is_root; then skip e2e 'the cluster needs root; run as root, or set KUBECONFIG_E2E to a cluster of your own'; return; fi
    export AVIATOR_CLUSTER=${AVIATOR_CLUSTER:-aviator-e2e}
    say "cluster $AVIATOR_CLUSTER"
    if ! eng/cluster/up.sh; then
      printf 'The cluster did not come up.\n'
      failed=$((failed + 1))
      return
    fi
    [[ -n ${KEEP:-} ]] || trap 'eng/cluster/down.sh' EXIT
    KUBECONFIG_E2E=$(eng/cluster/kubeconfig.sh)
    export KUBECONFIG_E2E
    containers
    run=eng/cluster/run-in.sh
    say 'images'
    if eng/images/aviator.sh; then
      export AVIATOR_E2E_IMAGES=dev # the tests of the chart have something to install
    else
      printf 'The images could not be built.\n'
      failed=$((failed + 1))
    fi
  fi
  # The tests wait for the cluster most of the time; those that stop what all share run one at a time all the same (collection Disruptive).
  local command=(dotnet "$runner" -noColor -parallelMode collections -maxThreads 3 -trait Category=Cluster "$@")
  [[ $run == dotnet ]] || command=("$run" "${command[@]}")
  stage e2e 30m "${command[@]}"
}

what=${1:-all}
shift || true
case $what in
  all | unit | redis | bpf | kernels | e2e) ;;
  *) printf 'eng/test.sh: "%s" is no stage; use all, unit, redis, bpf, kernels or e2e.\n' "$what" >&2; exit 2 ;;
esac

mkdir -p "$results"
[[ $what == unit ]] || eng/setup.sh
make --no-print-directory build CONFIGURATION="$configuration"
case $what in
  all) unit; redis; bpf; kernels; e2e ;;
  *) "$what" "$@" ;;
esac

say 'all stages'
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
