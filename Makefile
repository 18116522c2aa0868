# One command for each task. `make` alone prints them.

STACK ?= dev
# More arguments for pulumi, for example: make preview ARGS=--diff
ARGS ?=
PKGS ?= ./...
FUZZTIME ?= 10s

# -trimpath is part of the keys of Go's build cache: with it in one place and without it in another, the cloud SDKs would
# be compiled twice. -buildvcs=false lets the same sources give the same binaries, also without a .git folder.
export GOFLAGS := -trimpath -buildvcs=false

BIN := .bin
PULUMI_VERSION := $(shell cat .pulumi.version)
PULUMI = $(shell scripts/find-pulumi.sh)
STRIP := -s -w
# Without this the CLI has no version, and refuses some commands.
PULUMI_LDFLAGS := $(STRIP) -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$(PULUMI_VERSION)
LOCAL = $(BIN)/local -pulumi "$(PULUMI)"
LINTERS := golangci-lint gofumpt actionlint govulncheck

.DEFAULT_GOAL := help

##@ The local cloud (STACK=dev or prod)

.PHONY: up
up: tools build ## deploy the environment; again: only what changed
	@$(LOCAL) up $(STACK) $(ARGS)

.PHONY: preview
preview: tools build ## show what up would change
	@$(LOCAL) preview $(STACK) $(ARGS)

.PHONY: refresh
refresh: tools build ## read the local cloud into the state
	@$(LOCAL) refresh $(STACK) $(ARGS)

.PHONY: destroy
destroy: tools build ## delete everything (UNPROTECT=1: also what the environment protects)
	@$(LOCAL) $(if $(UNPROTECT),-unprotect) destroy $(STACK) $(ARGS)

.PHONY: outputs
outputs: build ## print the stack's outputs as JSON
	@$(MAKE) -s --no-print-directory tools >&2 # stdout is the JSON alone.
	@$(LOCAL) outputs $(STACK) $(ARGS)

.PHONY: targets
targets: ## print what Prometheus watches of the environment, from its outputs: docs/outputs.md
	@printed=$$($(MAKE) -s --no-print-directory outputs) && printf '%s\n' "$$printed" | $(BIN)/operate targets

.PHONY: inventory
inventory: ## print an Ansible inventory of the environment, from its outputs: docs/outputs.md
	@printed=$$($(MAKE) -s --no-print-directory outputs) && printf '%s\n' "$$printed" | $(BIN)/operate inventory

.PHONY: export
export: tools build ## write the state to FILE=..., as pulumi stack export prints it
	@test -n "$(FILE)" || { echo 'make export: name the file, for example: make export STACK=dev FILE=dev.json' >&2; exit 1; }
	@$(LOCAL) export $(STACK) "$(FILE)" $(ARGS)

.PHONY: pulumi
pulumi: tools build ## any pulumi command on the stack: make pulumi ARGS="stack --show-urns"
	@$(LOCAL) pulumi $(STACK) $(ARGS)

.PHONY: cloud
cloud: build $(BIN)/local ## look into the local cloud or disturb it: make cloud ARGS="instances"
	@$(LOCAL) cloud $(STACK) $(ARGS)

.PHONY: reset
reset: $(BIN)/local ## forget the stack and its local cloud without asking anybody
	@$(LOCAL) reset $(STACK)

##@ Building

.PHONY: tools
tools: $(BIN)/local ## build the Pulumi CLI and its Go language host, where the PATH has no suitable one
	@if [ "$(PULUMI)" = "$(CURDIR)/$(BIN)/pulumi" ]; then \
		$(MAKE) -s --no-print-directory $(BIN)/pulumi $(BIN)/pulumi-language-go; \
	else \
		echo "using $(PULUMI)"; \
	fi

$(BIN)/pulumi: tools/pulumi/go.mod tools/pulumi/go.sum .pulumi.version
	@echo "building Pulumi $(PULUMI_VERSION) from source: a few minutes, once"
	@go build -C tools/pulumi -ldflags "$(PULUMI_LDFLAGS)" -o "$(CURDIR)/$@" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
	@touch $@

$(BIN)/pulumi-language-go: $(wildcard tools/pulumi/pulumi-language-go/*.go) tools/pulumi/go.mod tools/pulumi/go.sum .pulumi.version
	@go build -C tools/pulumi -ldflags "$(PULUMI_LDFLAGS)" -o "$(CURDIR)/$@" ./pulumi-language-go
	@touch $@

# Go itself knows best what is up to date, so the programs below are always handed to it.
.PHONY: $(BIN)/local $(BIN)/gotest
$(BIN)/local $(BIN)/gotest:
	@go build -ldflags "$(STRIP)" -o $@ ./tools/$(@F)

# packer and, for validating the template offline, the newest version of its Azure plugin that is a Go module. What
# publishes images fetches a newer one (image/plugins.pkr.hcl). The binary must call itself a release to be used.
.PHONY: image-tools
image-tools: $(BIN)/packer $(BIN)/packer-plugin-azure ## build packer, which makes the bridge image

$(BIN)/packer: PACKAGE := github.com/hashicorp/packer
$(BIN)/packer-plugin-azure: PACKAGE := github.com/hashicorp/packer-plugin-azure
$(BIN)/packer $(BIN)/packer-plugin-azure: tools/packer/go.mod tools/packer/go.sum
	@echo "building $(@F) from source: a minute, once"
	@go build -C tools/packer -ldflags "$(STRIP) -X $(PACKAGE)/version.VersionPrerelease=" -o "$(CURDIR)/$@" $(PACKAGE)
	@touch $@

# The control plane that the system test runs. Its programs are pure Go, and must be told their version.
KUBERNETES := $(BIN)/kubernetes
KUBERNETES_VERSION := -X k8s.io/component-base/version.gitVersion=v1.34.0 \
	-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34
KUBERNETES_PROGRAMS := $(addprefix $(KUBERNETES)/,kube-apiserver kube-controller-manager kube-scheduler kubectl)

.PHONY: control-plane
control-plane: $(KUBERNETES_PROGRAMS) $(KUBERNETES)/etcd $(KUBERNETES)/kwok ## build a Kubernetes control plane, which the system test runs

$(KUBERNETES_PROGRAMS) $(KUBERNETES)/etcd: tools/kubernetes/go.mod tools/kubernetes/go.sum $(wildcard tools/kubernetes/cmd/etcd/*.go)
$(KUBERNETES)/kwok: tools/kwok/go.mod tools/kwok/go.sum
$(KUBERNETES_PROGRAMS): PACKAGE = k8s.io/kubernetes/cmd/$(@F)
$(KUBERNETES)/etcd: PACKAGE := ./cmd/etcd
$(KUBERNETES)/kwok: PACKAGE := sigs.k8s.io/kwok/cmd/kwok
$(KUBERNETES_PROGRAMS) $(KUBERNETES)/etcd $(KUBERNETES)/kwok:
	@echo "building $(@F) from source: all of the control plane takes about seven minutes on two cores, once"
	@CGO_ENABLED=0 go build -C $(dir $<) -ldflags "$(STRIP) $(KUBERNETES_VERSION)" -o "$(CURDIR)/$@" $(PACKAGE)
	@touch $@

.PHONY: build
build: ## build the Pulumi program, the local cloud and the operator's commands into .bin
	@go build -ldflags "$(STRIP)" -o $(BIN)/meet .
	@go build -ldflags "$(STRIP)" -o $(BIN)/localcloud ./localcloud/cmd/localcloud
	@for command in cmd/*/; do \
		[ ! -d "$$command" ] || go build -ldflags "$(STRIP)" -o $(BIN)/ "./$$command" || exit 1; \
	done

.PHONY: cost
cost: ## estimate what the environment costs in a month, from its stack file alone (JSON=1): docs/cost.md
	@go run ./cmd/cost $(if $(JSON),-json) Pulumi.$(STACK).yaml

# Where the page goes that simulate writes.
PAGE ?= .local/simulation-$(STACK).html

.PHONY: simulate
simulate: ## what the settings of STACK do to a day of its users (DAY= SEED= PEAK= TRACE= SET="autoscale.maximum=8"; DAY=mix: all days): docs/simulation.md
	@mkdir -p $(dir $(PAGE))
	@go run ./cmd/simulate $(if $(DAY),-day $(DAY)) $(if $(SEED),-seed $(SEED)) $(if $(PEAK),-peak $(PEAK)) \
		$(if $(TRACE),-trace "$(TRACE)") $(foreach change,$(SET),-set $(change)) $(if $(CAPACITY),-capacity "$(CAPACITY)") \
		$(if $(DAYS),-days $(DAYS)) $(if $(SEEDS),-seeds $(SEEDS)) -html "$(PAGE)" $(if $(SVG),-svg "$(SVG)") Pulumi.$(STACK).yaml
	@echo "the page: $(PAGE)"

.PHONY: image
image: $(BIN)/packer ## build the bridge image and publish it into the gallery of STACK: docs/image.md
	@scripts/image.sh publish $(STACK)

##@ Checking

.PHONY: test
test: tools build azurite image-tools $(BIN)/gotest ## run the tests of all modules; ends with the number of tests that passed, failed and were skipped
	@$(BIN)/gotest -allow-skips scripts/allowed-skips.txt -summary $(BIN)/test-summary.txt \
		-packages "$(PKGS)" -args "$(TESTARGS)" $$(scripts/modules.sh)

.PHONY: validate-image
validate-image: image-tools ## validate the bridge image's template and try its scripts out
	@go test -count=1 ./image/...

.PHONY: deps
deps: ## install the Debian packages that the tests need (root or sudo)
	@scripts/deps.sh

.PHONY: azurite
azurite: ## install the storage emulator that the reaper's tests run against (node and npm)
	@scripts/azurite.sh

.PHONY: golden
golden: ## accept changed golden files (PKGS=./stack/... for some of them)
	UPDATE=1 go test -count=1 $(PKGS)

.PHONY: fuzz
fuzz: ## fuzz every fuzz function for FUZZTIME=10s
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

.PHONY: model
model: ## search the reaper's model to its end: about 90 million states, 20 minutes, several GiB
	@MODEL_STATES=0 go test ./functions/reaper/decide -run ModelHolds -v -count=1 -timeout 3h

.PHONY: schedules
schedules: ## play random schedules of faults against the reaper (SCHEDULES=10000 SEED=1)
	@REAPER_SCHEDULES=$(or $(SCHEDULES),10000) REAPER_SEED=$(or $(SEED),1) \
		go test ./functions/reaper/tick -run SchedulesOfFaults -v -count=1 -timeout 0

.PHONY: retirement
retirement: azurite ## have the built reaper retire a bridge over real sockets, in real time: 75 seconds
	@REAPER_LONG=1 go test ./functions/reaper -run ProgramRetires -v -count=1

.PHONY: test-frontdoor
test-frontdoor: ## the front door's long proofs with the real HAProxy: 10,000 rooms, shards and proxies that fail under load
	@FRONTDOOR_LONG=1 go test ./test/frontdoor -v -count=1 -timeout 2h

.PHONY: test-units
test-units: ## run the bridges' units under a systemd of their own (Linux, root or sudo): half a minute
	@BRIDGE_SYSTEMD=1 go test ./test/boot -run '^TestSystemd' -v -count=1 $(if $(filter-out 0,$(shell id -u)),-exec "sudo -E")

.PHONY: e2e
e2e: tools build azurite control-plane ## play a day of the complete system on this machine (STACK=dev DAY=whole or brief): docs/system-test.md
	@go run ./test/e2e -stack $(STACK) -day $(or $(DAY),whole) $(if $(FACTOR),-factor $(FACTOR)) $(if $(SEED),-seed $(SEED)) \
		$(foreach change,$(SET),-set $(change))

.PHONY: live
live: tools build azurite control-plane ## bring the complete system up and keep it running for an operator (STACK=dev)
	@go run ./test/e2e -stack $(STACK) -day live -folder .local/live

.PHONY: test-e2e
test-e2e: azurite control-plane ## the system test's own parts against a real Kubernetes control plane
	@E2E_LONG=1 go test ./test/e2e/... ./localcloud/kubernetes/... -count=1 -timeout 30m

.PHONY: bench-frontdoor
bench-frontdoor: ## hold the front door against a bare round-robin HAProxy: requests per second, latency, memory
	@go run ./test/frontdoorbench

.PHONY: bench-boot
bench-boot: ## boot and register a bridge against stand-ins and the real Prosody, and print how long each step takes
	@go run ./test/bootbench

.PHONY: bench-reaper
bench-reaper: azurite ## measure a tick of the built reaper over 10, 100 and 1,000 bridges, and with 5 % of them hung
	@go run ./test/reaperbench
	@go run ./test/reaperbench -bridges 100 -hung 5

.PHONY: bench-simulate
bench-simulate: ## measure how many days a second are simulated, of each kind
	@go test ./simulation/study -run '^$$' -bench . -benchtime $(or $(BENCHTIME),3s)

.PHONY: bench
bench: tools build ## hold the project against programs that do nothing (RUNS=5, COLD=1: also builds from nothing)
	@go run ./test/bench -pulumi "$(PULUMI)" $(if $(RUNS),-runs $(RUNS)) $(if $(COLD),-cold)

.PHONY: lint-tools
lint-tools: $(addprefix $(BIN)/,$(LINTERS))

$(BIN)/golangci-lint: PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(BIN)/gofumpt: PACKAGE := mvdan.cc/gofumpt
$(BIN)/actionlint: PACKAGE := github.com/rhysd/actionlint/cmd/actionlint
$(BIN)/govulncheck: PACKAGE := golang.org/x/vuln/cmd/govulncheck
$(addprefix $(BIN)/,$(LINTERS)): tools/lint/go.mod tools/lint/go.sum
	@echo "building $(@F)"
	@go build -C tools/lint -ldflags "$(STRIP)" -o "$(CURDIR)/$@" $(PACKAGE)
	@touch $@

.PHONY: fmt
fmt: $(BIN)/golangci-lint ## format the Go sources
	@$(BIN)/golangci-lint fmt

.PHONY: lint
lint: lint-tools ## formatting, golangci-lint, go mod tidy, shellcheck, actionlint
	@scripts/lint.sh

.PHONY: vuln
vuln: $(BIN)/govulncheck ## look for known vulnerabilities
	@scripts/vuln.sh

##@ Other

.PHONY: clean
clean: ## remove what was built; the local cloud stays (see reset)
	rm -rf $(BIN)

.PHONY: help
help: ## print this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
