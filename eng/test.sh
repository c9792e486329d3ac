#!/usr/bin/env bash
# Runs the tests by stage and ends with one line: N passed, N failed, N skipped.
#   eng/test.sh all | core | unit | apphost | redis | bpf | kernels | e2e [more arguments for the test runner, e.g. -method '*Steer*']
# A stage is a project under Aviator.Tests/. One that ends without a summary (a crash, a time-out) counts as one failed test. Logs and results: artifacts/test/.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly results=artifacts/test
configuration=${CONFIGURATION:-Release}
# The projects of the stages, in the order of `all`; the others under Aviator.Tests/ hold what the stages share.
readonly -A projects=([core]=Core [unit]=Unit [apphost]=AppHost [redis]=Redis [bpf]=Bpf [kernels]=Kernels [e2e]=Cluster)
readonly stages=(core unit apphost redis bpf kernels e2e) shared=(Tooling Kit Fixtures AppHostCluster) # AppHostCluster runs in e2e
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

# The test program of a stage.
runner() { printf 'Aviator.Tests/%s/bin/%s/net10.0/Aviator.Tests.%s.dll' "${projects[$1]}" "$configuration" "${projects[$1]}"; }

# Builds a stage that needs the SDK alone.
build() { dotnet build -nologo -v quiet -clp:NoSummary -c "$configuration" "Aviator.Tests/${projects[$what]}"; }

# A test project that no stage runs would never fail.
refuse_unknown_projects() {
  local file name
  for file in Aviator.Tests/*/*.csproj; do
    name=${file#Aviator.Tests/} name=${name%%/*}
    [[ " ${projects[*]} ${shared[*]} " == *" $name "* ]] || { printf 'eng/test.sh: no stage runs %s; add it to the table of projects.\n' "$file" >&2; exit 2; }
  done
}

is_root() { [[ $(id -u) -eq 0 ]]; }

core() { stage core 5m dotnet "$(runner core)" -noColor "$@"; }

unit() { stage unit 5m dotnet "$(runner unit)" -noColor "$@"; }

apphost() { stage apphost 5m dotnet "$(runner apphost)" -noColor "$@"; }

# A redis-server of each test's own on a port of loopback. Containers come in the e2e stage, where there is an engine.
redis() {
  if ! command -v redis-server >/dev/null; then
    if ! is_root; then skip redis 'redis-server is not installed; run: sudo apt-get install --no-install-recommends redis-server'; return; fi
    (source eng/setup-packages.sh && install_packages 'the Redis tests' redis-server)
  fi
  stage redis 10m dotnet "$(runner redis)" -noColor -parallelMode none "$@"
}

bpf() {
  if ! is_root; then skip bpf 'loading programs into the kernel needs root; run as root'; return; fi
  stage bpf 10m dotnet "$(runner bpf)" -noColor -parallelMode none "$@"
}

kernels() {
  if ! is_root; then skip kernels 'the boot image needs root; run as root'; return; fi
  stage kernels 15m dotnet "$(runner kernels)" -noColor -parallelMode none "$@"
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
  local command=(dotnet "$(runner e2e)" -noColor -parallelMode collections -maxThreads 3 "$@")
  [[ $run == dotnet ]] || command=("$run" "${command[@]}")
  stage e2e 40m "${command[@]}"
  # Aspire's orchestrator and dashboard, and a browser: alone, for two cores are few for them.
  if is_root; then (source eng/setup-packages.sh && install_packages 'the tests of the dashboard' chromium redis-server); fi
  command=(dotnet "Aviator.Tests/AppHostCluster/bin/$configuration/net10.0/Aviator.Tests.AppHostCluster.dll" -noColor -parallelMode none "$@")
  [[ $run == dotnet ]] || command=("$run" "${command[@]}")
  stage e2e-apphost 12m "${command[@]}"
}

what=${1:-all}
shift || true
if [[ $what != all && -z ${projects[$what]:-} ]]; then
  printf 'eng/test.sh: "%s" is no stage; use all, %s.\n' "$what" "$(printf '%s, ' "${stages[@]}" | sed 's/, $//; s/\(.*\), /\1 or /')" >&2
  exit 2
fi

mkdir -p "$results"
refuse_unknown_projects
case $what in
  core | unit | apphost) build ;;
  *) make --no-print-directory build CONFIGURATION="$configuration" ;;
esac
if [[ $what == all ]]; then for each in "${stages[@]}"; do "$each"; done; else "$what" "$@"; fi

say 'all stages'
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
