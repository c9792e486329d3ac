# Every target is a thin call of a script or of one tool; `make help` lists them. eng/README.md is the map of the scripts.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

CONFIGURATION ?= Release
DOTNET_BUILD := dotnet build -nologo -v quiet -clp:NoSummary -c $(CONFIGURATION)
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.PHONY: help setup build build-agent bpf lint check clean run apphost demo simulate cluster cluster-down \
	test test-core test-unit test-page test-redis test-bpf test-kernels test-e2e figures bench \
	install uninstall cli images images-agent images-all docker-build docker-build-agent docker-build-all deploy-all undeploy manifests

help: ## this list
	@awk -F ':[^#]*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9 -]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Develop
setup: ## install what the build needs (Debian packages); a no-op when all is there
	@eng/setup.sh

build: setup bpf ## build everything: BPF programs, agent, controller, tests
	$(DOTNET_BUILD) -p:RequireBpf=true Aviator.sln

build-agent: setup bpf ## build the agent and its BPF programs only
	$(DOTNET_BUILD) -p:RequireBpf=true Aviator.Agent/Aviator.Agent.csproj

bpf: setup ## compile the BPF programs
	$(MAKE) -C bpf

lint: setup ## check format and style of C#, shell and C
	@eng/lint.sh

check: lint test-core test-unit ## lint and the tests that need neither root nor a cluster: before each commit

clean: ## remove what builds made; the cluster must be down. CACHE=1: also the cached Kubernetes and Docker's store
	@eng/clean.sh

##@ Try
demo: setup ## see it work: two fast and two slow pods, before and after
	@eng/build.sh -p:RequireBpf=true Aviator.Agent Aviator.Controller eng/demo
	@eng/demo/run.sh

simulate: ## Aviator beside other balancers in virtual time; about five minutes (docs/simulation.md)
	@eng/build.sh eng/simulation
	@dotnet eng/simulation/bin/$(CONFIGURATION)/net10.0/Aviator.Simulation.dll $(ARGS)

apphost: setup ## Redis, agent, controller, watchdog, a sample workload and load, all together (docs/apphost.md)
	@exec dotnet run -c $(CONFIGURATION) --project Aviator.AppHost

run: ## controller and agent against the current kubeconfig, in probe mode, without any right on this machine
	@eng/build.sh Aviator.Agent Aviator.Controller
	@eng/run.sh

##@ Test cluster
cluster: ## bring up the test cluster (kind, or Kubernetes from Debian's packages) and print how to use it
	@eng/cluster/up.sh

cluster-down: ## take the test cluster down; nothing of it is left running
	@eng/cluster/down.sh

##@ Test
# eng/test.sh builds what it runs.
test: ## everything, stage by stage; ends with "N passed, N failed, N skipped"
	@eng/test.sh all

test-core: ## decisions, slices and formats; needs the .NET SDK alone
	@eng/test.sh core

test-unit: ## unit and property tests; no root, no cluster, about a minute
	@eng/test.sh unit

test-page: ## the live page in a real browser; installs Chromium when missing
	@eng/test.sh page

test-redis: ## against a redis-server on a port of loopback; installs it when missing
	@eng/test.sh redis

test-bpf: ## the kernel programs on this machine's kernel, as root
	@eng/test.sh bpf

test-kernels: ## the hook selection on other kernels, in qemu
	@eng/test.sh kernels

test-e2e: ## end to end on a real cluster (an existing one: KUBECONFIG_E2E=…)
	@eng/test.sh e2e

figures: ## the kernel's choice beside other balancers, and the controller's cost at scale, on the test cluster (root)
	@eng/test.sh figures

bench: ## what a decision, histograms and stored forms cost in time and memory; about 3 minutes (one: ARGS='--filter *Steady*'; what the store holds: ARGS=memory)
	@eng/build.sh benchmarks/Aviator.Benchmarks
	@exec dotnet benchmarks/Aviator.Benchmarks/bin/$(CONFIGURATION)/net10.0/Aviator.Benchmarks.dll $(ARGS)

##@ Install and release
install: ## put the custom resource definition into the current cluster
	@eng/install.sh

uninstall: ## remove the definition and with it every policy; steered Services are released first
	@eng/uninstall.sh

cli: ## kubectl aviator as one file in artifacts/cli (docs/kubectl.md). ARGS=--tool: a .NET tool; ARGS=--all: archives and a krew manifest
	@eng/cli.sh $(ARGS)

images: setup bpf ## build the images of controller and watchdog, where the current cluster's pods can use them
	@eng/images/aviator.sh controller watchdog

images-agent: setup bpf ## build the agent's image
	@eng/images/aviator.sh agent

images-all: setup bpf ## build all images
	@eng/images/aviator.sh

# The names of before.
docker-build: images
docker-build-agent: images-agent
docker-build-all: images-all

deploy-all: images-all ## build the images and install the chart into the current cluster, or upgrade it
	@eng/deploy.sh install $(ARGS)

undeploy: ## hand every Service back and remove what deploy-all installed; policies and their definition stay
	@eng/deploy.sh uninstall $(ARGS)

manifests: ## render the chart into artifacts/manifests, with a kustomization.yaml
	@eng/manifests.sh artifacts/manifests $(ARGS)
