#!/usr/bin/env bash
# Runs the tests by stage and ends with one line: N passed, N failed, N skipped.
#   eng/test.sh all | core | unit | page | apphost | redis | bpf | kernels | e2e [more arguments for the test runner, e.g. -class '*Steering*']
#   eng/test.sh figures [-class '*ScaleFigures']: the kernel's choice beside proxies (docs/kernel.md), and the controller's cost as a
#                       cluster grows (docs/scale.md), on the cluster
# A stage is a project under Aviator.Tests/. One that ends without a summary (a crash, a time-out) counts as one failed test.
# Logs and results: artifacts/test/. AVIATOR_TEST_PATIENCE=2.5 gives a slow machine so much more time. KEEP=1 leaves the cluster up.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=eng/lib/packages.bash
source eng/lib/packages.bash

readonly results=artifacts/test
configuration=${CONFIGURATION:-Release}
# The project of each stage; those of `shared` hold what the stages share or start, and no tests.
readonly -A projects=([core]=Core [unit]=Unit [page]=Page [apphost]=AppHost [redis]=Redis [bpf]=Bpf [kernels]=Kernels [e2e]=Cluster [e2e-apphost]=AppHostCluster)
readonly stages=(core unit page apphost redis bpf kernels e2e) shared=(Tooling Kit Fixtures Browser GrpcApp YarpProxy) # e2e-apphost is the second half of e2e
passed=0 failed=0 skipped=0 preparing='' cluster_is_ours=''
failures=() # lines for the end of a long log

# Nothing that this run started outlives it, however it ends.
finish() {
  [[ -z $preparing ]] || kill "$preparing" 2>/dev/null || true
  [[ -z $cluster_is_ours ]] || eng/cluster/down.sh
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

# stage NAME LIMIT [ARGUMENT…]: runs its project under a time limit, shows it live, counts it. What stands in the array `inside` goes first.
inside=()
stage() {
  local name=$1 limit=$2 project=${projects[$1]} status=0 log=$results/$1.log began=$SECONDS
  shift 2
  heading "$name tests"
  timeout --kill-after=30 "$limit" "${inside[@]}" \
    dotnet "Aviator.Tests/$project/bin/$configuration/net10.0/Aviator.Tests.$project.dll" \
    -noColor -longRunning 180 -xml "$results/$name.xml" "$@" 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
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

# Prometheus and promtool, which the alerts and dashboards are tried with. Where they cannot be had, those tests say so and are skipped.
install_prometheus() {
  if is_root && ! command -v promtool >/dev/null; then (install_packages "$1" prometheus) || true; fi
}

# A browser, for the live page. Where it cannot be had, those tests say so and are skipped.
install_browser() {
  if is_root; then (install_packages 'the tests of the live page' chromium) || true; fi
}

core() { stage core 5m "$@"; }

unit() {
  install_prometheus 'the tests of the alerts'
  stage unit 8m "$@"
}

# One browser at a time: the tests measure how soon it shows something.
page() {
  install_browser
  stage page 8m -parallelMode none "$@"
}

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
  stage kernels 22m -parallelMode none "$@"
}

# Testcontainers works with the cluster's engine where there is one, else with the user's own. Its reaper is an image that not every
# machine can pull, so tests clean up themselves; and engines of Debian 12 speak no later API than this one.
containers() {
  local docker
  docker=$(source eng/cluster/common.bash && source eng/cluster/choice.bash && [[ $(cluster_kind) == packages ]] && printf '%s' "$DOCKER_HOST") || return 0
  eng/offline/redis.sh || return 1
  export DOCKER_HOST=$docker DOCKER_API_VERSION=1.41 TESTCONTAINERS_RYUK_DISABLED=true AVIATOR_REDIS_IMAGE=${AVIATOR_REDIS_IMAGE:-aviator-redis:dev}
}

# The cluster of the stages that need one: the user's, or one that is brought up once, with the images in it, and taken down at the end.
with_cluster() {
  [[ -z ${KUBECONFIG_E2E:-} ]] || return 0
  export AVIATOR_CLUSTER=${AVIATOR_CLUSTER:-aviator-e2e}
  heading "cluster $AVIATOR_CLUSTER"
  if ! eng/cluster/up.sh || ! KUBECONFIG_E2E=$(eng/cluster/kubeconfig.sh); then
    fail 'The cluster did not come up.'
    return 1
  fi
  export KUBECONFIG_E2E
  [[ -n ${KEEP:-} ]] || cluster_is_ours=yes
  inside=(eng/cluster/run-in.sh)
  heading 'images'
  if containers && eng/images/aviator.sh && eng/images/grpcapp.sh && eng/images/build.sh testclient; then
    export AVIATOR_E2E_IMAGES=dev # the tests of the chart have something to install, others a server or a client in a pod
  else
    fail 'The images could not be built.'
  fi
}

e2e() {
  if [[ -z ${KUBECONFIG_E2E:-} ]] && ! is_root; then skip e2e 'the cluster needs root; run as root, or set KUBECONFIG_E2E to a cluster of your own'; return; fi
  with_cluster || return 0
  install_prometheus 'the tests of the dashboards'
  install_browser
  # The tests wait for the cluster most of the time; those that stop what all share run one at a time all the same (collection Disruptive).
  stage e2e 62m -parallelMode collections -maxThreads 2 "$@"
  # Aspire's orchestrator and dashboard, and a browser: alone, for two cores are few for them.
  if is_root; then (install_packages 'the tests of the dashboard' redis-server); fi
  stage e2e-apphost 12m -parallelMode none "$@"
}

# What the cluster is built from takes minutes once. It is made while stages run that measure no time.
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

# What docs/kernel.md (20 minutes on a quiet machine) and docs/scale.md quote, not a test that a run of all makes.
figures() {
  # Filters by class add up, so all of them are asked for only where none is named.
  [[ " $* " == *' -class '* ]] || set -- -class '*Figures' "$@"
  is_root || die 'the test cluster needs root; run as root'
  (install_packages 'the proxies to compare with' haproxy)
  with_cluster || return 0
  stage e2e 90m -parallelMode none -explicit only -showLiveOutput "$@"
}

all() {
  begin_cluster_build
  core; unit; page; apphost; redis; kernels
  end_cluster_build
  bpf; e2e
}

what=${1:-all}
shift || true
[[ " all figures ${stages[*]} " == *" $what "* ]] || die "\"$what\" is no stage; use all, or one of: ${stages[*]}"
mkdir -p "$results"
refuse_unknown_projects
case $what in
  # Need the SDK alone.
  core | unit | page | apphost) dotnet build -nologo -v quiet -clp:NoSummary -c "$configuration" "Aviator.Tests/${projects[$what]}" ;;
  *) make --no-print-directory build CONFIGURATION="$configuration" ;;
esac
"$what" "$@"

heading 'all stages'
((${#failures[@]} == 0)) || printf '%s\n' "${failures[@]}"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
