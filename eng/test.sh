#!/usr/bin/env bash
# Runs the tests by stage and ends with one line: N passed, N failed, N skipped.
#   eng/test.sh all | core | unit | apphost | redis | bpf | kernels | e2e [more arguments for the test runner, e.g. -class '*Steering*']
# A stage is a project under Aviator.Tests/. One that ends without a summary (a crash, a time-out) counts as one failed test.
# Logs and results: artifacts/test/. AVIATOR_TEST_PATIENCE=2.5 gives a slow machine so much more time. KEEP=1 leaves the cluster up.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=eng/lib/packages.bash
source eng/lib/packages.bash

readonly results=artifacts/test
configuration=${CONFIGURATION:-Release}
# The project of each stage; those of `shared` hold what the stages share or start, and no tests.
readonly -A projects=([core]=Core [unit]=Unit [apphost]=AppHost [redis]=Redis [bpf]=Bpf [kernels]=Kernels [e2e]=Cluster [e2e-disruptive]=Cluster [e2e-alone]=Cluster [e2e-apphost]=AppHostCluster)
readonly stages=(core unit apphost redis bpf kernels e2e) shared=(Tooling Kit Fixtures GrpcApp) # e2e-… are parts of e2e
passed=0 failed=0 skipped=0 preparing='' disruptive=''
clusters=() # brought up by this run, which takes them down
failures=() # lines for the end of a long log

# Nothing that this run started outlives it, however it ends.
finish() {
  local process name
  for process in $preparing $disruptive; do kill "$process" 2>/dev/null || true; done
  [[ -z $disruptive ]] || wait "$disruptive" || true
  for name in "${clusters[@]}"; do AVIATOR_CLUSTER=$name eng/cluster/down.sh; done
}
trap finish EXIT

heading() { printf '\n== %s\n' "$*"; }
is_root() { [[ $(id -u) -eq 0 ]]; }

# failed_tests NAME LOG: a line for each failed test, followed by the first lines of what it said.
failed_tests() {
  awk -v stage="$1" '
    / \[FAIL\]$/ { sub(/^ +/, ""); sub(/ \[FAIL\]$/, ""); print "failed: " stage ": " $0; left = 4; next }
    /^ +Stack Trace:$/ { left = 0 }
    left-- > 0 { print substr($0, 1, 240) }' "$2"
}

# Adds the totals of one stage's log to the sum.
count() {
  local name=$1 log=$2 status=$3 line total errors broken left
  mapfile -t -O "${#failures[@]}" failures < <(failed_tests "$name" "$log")
  line=$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+(, Not Run: [0-9]+)?' "$log" | tail -n 1) || true
  if [[ -z $line ]]; then
    fail "$name: ended without a summary (exit code $status; 124 is its time limit); see $log"
    mapfile -t -O "${#failures[@]}" failures < <(grep -F '[Long Running Test]' "$log" | tail -n 3)
    return
  fi
  [[ $line =~ ([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+)[^0-9]*([0-9]*) ]]
  total=${BASH_REMATCH[1]} errors=${BASH_REMATCH[2]} broken=${BASH_REMATCH[3]} left=${BASH_REMATCH[4]}
  # Not run are helpers that another test starts as a process of its own.
  passed=$((passed + total - broken - left - ${BASH_REMATCH[5]:-0}))
  failed=$((failed + broken + errors))
  skipped=$((skipped + left))
  # The runner may fail for a reason that its totals do not show.
  if ((status != 0 && broken + errors == 0)); then fail "$name: the runner ended with exit code $status; see $log"; fi
}

# Counts one failure that is no test's.
fail() {
  printf '%s\n' "$1"
  failures+=("failed: $1")
  failed=$((failed + 1))
}

# run NAME LIMIT [ARGUMENT…]: becomes the project of a stage under a time limit. What stands in the array `inside` goes first.
inside=()
run() {
  local name=$1 limit=$2 project=${projects[$1]}
  shift 2
  exec timeout --kill-after=30 "$limit" "${inside[@]}" \
    dotnet "Aviator.Tests/$project/bin/$configuration/net10.0/Aviator.Tests.$project.dll" \
    -noColor -longRunning 180 -xml "$results/$name.xml" "$@" 2>&1
}

# stage NAME LIMIT [ARGUMENT…]: runs it, shows it live, counts it.
stage() {
  local name=$1 status=0 log=$results/$1.log began=$SECONDS
  heading "$name tests"
  run "$@" | tee "$log" || status=${PIPESTATUS[0]}
  count "$name" "$log" "$status"
  printf '(%s: %d s)\n' "$name" $((SECONDS - began))
}

# A stage that this machine cannot run is reported, and counted as one skipped test.
skip() {
  heading "$1 tests: skipped: $2"
  skipped=$((skipped + 1))
}

# A test project that no stage runs would never fail.
refuse_unknown_projects() {
  local file name
  for file in Aviator.Tests/*/*.csproj; do
    name=${file#Aviator.Tests/} name=${name%%/*}
    [[ " ${projects[*]} ${shared[*]} " == *" $name "* ]] || die "no stage runs $file; add it to the table of projects in eng/test.sh"
  done
}

core() { stage core 5m "$@"; }

unit() { stage unit 8m "$@"; }

apphost() { stage apphost 5m "$@"; }

# Each test has its own redis-server on a port of loopback. Containers come in the e2e stage, where there is an engine.
redis() {
  if ! command -v redis-server >/dev/null; then
    if ! is_root; then skip redis 'redis-server is not installed; run: sudo apt-get install --no-install-recommends redis-server'; return; fi
    (install_packages 'the Redis tests' redis-server)
  fi
  stage redis 10m -parallelMode none "$@"
}

# Measures time: nothing else runs beside it.
bpf() {
  if ! is_root; then skip bpf 'loading programs into the kernel needs root; run as root'; return; fi
  (install_packages 'the tests of HTTP/2' nghttp2-server nghttp2-client)
  # Where these cannot be had, the tests of Go's gRPC say so and are skipped.
  (install_packages "the tests of Go's gRPC" golang-go golang-google-grpc-dev) || true
  stage bpf 10m -parallelMode none "$@"
}

kernels() {
  if ! is_root; then skip kernels 'the boot image needs root; run as root'; return; fi
  stage kernels 15m -parallelMode none "$@"
}

# Has a cluster brought up, with the images of these scripts in it.
cluster() {
  local name=$1 images
  export AVIATOR_CLUSTER=$name
  heading "cluster $name"
  [[ -n ${KEEP:-} ]] || clusters+=("$name")
  eng/cluster/up.sh || { fail "The cluster $name did not come up."; return 1; }
  shift
  for images; do (use "$name" && "$images") || fail "The images could not be built: $images."; done
}

# What follows in this shell is run on that cluster. Testcontainers works with its engine where it has one of its own, else with the user's.
# Its reaper is an image that not every machine can pull, so tests clean up themselves; and engines of Debian 12 speak no later API than this.
use() {
  export AVIATOR_CLUSTER=$1 KUBECONFIG_E2E AVIATOR_E2E_IMAGES=dev # the tests of the chart have something to install, those of gRPC a server
  local docker
  KUBECONFIG_E2E=$(eng/cluster/kubeconfig.sh)
  inside=(eng/cluster/run-in.sh)
  docker=$(source eng/cluster/common.bash && source eng/cluster/choice.bash && [[ $(cluster_kind) == packages ]] && printf '%s' "$DOCKER_HOST") || return 0
  export DOCKER_HOST=$docker DOCKER_API_VERSION=1.41 TESTCONTAINERS_RYUK_DISABLED=true AVIATOR_REDIS_IMAGE=${AVIATOR_REDIS_IMAGE:-aviator-redis:dev}
}

# Two clusters side by side, for most of a test is waiting: one for the tests that share an agent and a controller, one for those that stop
# or replace them. On each, one test at a time.
on_two_clusters() {
  local one=$1 own=$1-own status=0 log=$results/e2e-disruptive.log began=$SECONDS
  cluster "$own" eng/offline/redis.sh eng/images/aviator.sh || return
  cluster "$one" eng/offline/redis.sh eng/images/grpcapp.sh || return
  (use "$own"; run e2e-disruptive 55m -parallelMode none -trait Cluster=own) >"$log" &
  disruptive=$!
  use "$one"
  stage e2e 55m -parallelMode none -trait- Cluster=own -trait- Cluster=alone
  heading 'e2e-disruptive tests'
  wait "$disruptive" || status=$?
  disruptive=
  cat "$log"
  count e2e-disruptive "$log" "$status"
  printf '(both: %d s)\n' $((SECONDS - began))
  [[ -n ${KEEP:-} ]] || AVIATOR_CLUSTER=$own eng/cluster/down.sh
  stage e2e-alone 10m -parallelMode none -trait Cluster=alone
}

e2e() {
  local name=${AVIATOR_CLUSTER:-aviator-e2e}
  if [[ -n ${KUBECONFIG_E2E:-} ]]; then
    stage e2e 90m -parallelMode collections -maxThreads 2 "$@"
  elif ! is_root; then
    skip e2e 'the cluster needs root; run as root, or set KUBECONFIG_E2E to a cluster of your own'
    return
  elif (($#)); then
    cluster "$name" eng/offline/redis.sh eng/images/aviator.sh eng/images/grpcapp.sh || return 0
    use "$name"
    stage e2e 55m -parallelMode none "$@"
  else
    on_two_clusters "$name" || return 0
  fi
  # Aspire's orchestrator and dashboard, and a browser: alone, for two cores are few for them.
  if is_root; then (install_packages 'the tests of the dashboard' chromium redis-server); fi
  stage e2e-apphost 12m -parallelMode none "$@"
}

# What the cluster is built from takes minutes once. It is made while stages run that measure no time, and waits for none that does.
begin_cluster_build() {
  [[ -z ${KUBECONFIG_E2E:-} ]] && is_root || return 0
  nice -n 10 eng/cluster/prepare.sh >"$results/prepare.log" 2>&1 &
  preparing=$!
}

end_cluster_build() {
  [[ -n $preparing ]] || return 0
  wait "$preparing" || tail -n 5 "$results/prepare.log" # up.sh tries again, and says what is wrong
  preparing=
}

all() {
  begin_cluster_build
  core; unit; apphost; redis
  end_cluster_build
  bpf; kernels; e2e
}

what=${1:-all}
shift || true
[[ " all ${stages[*]} " == *" $what "* ]] || die "\"$what\" is no stage; use all, or one of: ${stages[*]}"
mkdir -p "$results"
refuse_unknown_projects
case $what in
  # Need the SDK alone.
  core | unit | apphost) dotnet build -nologo -v quiet -clp:NoSummary -c "$configuration" "Aviator.Tests/${projects[$what]}" ;;
  *) make --no-print-directory build CONFIGURATION="$configuration" ;;
esac
"$what" "$@"

heading 'all stages'
((${#failures[@]} == 0)) || printf '%s\n' "${failures[@]}"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
