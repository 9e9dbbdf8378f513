# Needs Go and nothing else. `make help` lists the targets.

GO       ?= go
FUZZTIME ?= 60s
BENCHFLAGS ?=
SPECFLAGS ?= -write docs/compatibility.md
PEERSFLAGS ?=

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'
LINT    := $(GO) tool -modfile=tools/go.mod golangci-lint

# GOOS/GOARCH that a release is built for; linux/arm means ARMv7.
PLATFORMS := linux/amd64 linux/arm64 linux/arm darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# Those that `make check` builds: each system and each architecture once. The others
# differ in nothing that the source could tell, and each takes a minute from cold caches.
CHECKED := linux/arm64 linux/arm darwin/arm64 windows/amd64

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build flowrun and start the echo server of flows/echo.json on 127.0.0.1:7777
	bin/flowrun deploy flows/echo.json

.PHONY: build
build: ## build the static binary bin/flowrun
	$(BUILD) -o bin/flowrun ./cmd/flowrun

# The race detector needs cgo, so a C compiler and its headers, and a 64-bit
# platform. Where that is missing the tests run without it, and say so.
.PHONY: test
test: ## run all tests with the race detector, in random order
	@if why=$$(CGO_ENABLED=1 $(GO) build -race runtime/cgo 2>&1); then \
		set -x; CGO_ENABLED=1 $(GO) test -race -shuffle=on ./...; \
	else \
		echo "warning: the tests run WITHOUT the race detector, it does not build here:" >&2; \
		echo "$$why" >&2; \
		echo "It needs gcc or clang (Debian: apt install gcc libc6-dev; macOS: xcode-select --install)." >&2; \
		set -x; $(GO) test -shuffle=on ./...; \
	fi

.PHONY: lint
lint: ## run golangci-lint in the version that tools/go.mod pins
	$(LINT) run

# BENCHFLAGS='-only echo,udp -rounds 1' is a quick look; see docs/performance.md.
.PHONY: bench
bench: ## measure flowrun against a plain Go server, into docs/performance.md
	$(GO) run ./bench/flowbench -out docs/performance.md $(BENCHFLAGS)

.PHONY: bench-peers
bench-peers: ## the same with Node-RED beside it (needs npm)
	$(GO) run ./bench/flowbench -peers -out docs/performance.md $(BENCHFLAGS)

# SPECFLAGS='-only delay' runs some of them and leaves the page alone.
.PHONY: specs
specs: ## run Node-RED's own specs, of the checkout NODE_RED_SRC (needs npm), into docs/compatibility.md
	$(GO) run ./conformance/nodered -src '$(NODE_RED_SRC)' $(SPECFLAGS)

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (60s), one after the other
	@set -e; for pkg in $$($(GO) list ./...); do \
		targets=$$($(GO) test -list '^Fuzz' "$$pkg") || { echo "$$targets" >&2; exit 1; }; \
		for target in $$(echo "$$targets" | grep '^Fuzz' || true); do \
			echo "== $$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime '$(FUZZTIME)' -fuzzminimizetime 10x "$$pkg"; \
		done; \
	done

.PHONY: docs
docs: build ## write docs/nodes.md, docs/echo.svg and what differs in docs/compatibility.md anew
	bin/flowrun nodes --markdown > docs/nodes.md
	bin/flowrun graph flows/echo.json -o docs/echo.svg
	$(GO) test ./nodes -run TestDifferencesPage -update

.PHONY: screenshots
screenshots: ## take the pictures of the console in docs/console (needs Chromium)
	$(GO) run ./e2e/screenshots -out docs/console

.PHONY: cross
cross: ## build for all platforms of a release, keeping nothing
	@set -e; for platform in $(PLATFORMS); do \
		echo "build $$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} GOARM=7 $(BUILD) -o /dev/null ./cmd/flowrun; \
	done

.PHONY: format
format: ## fail if a file is not formatted or go.mod is not tidy
	@files=$$(gofmt -l .); test -z "$$files" || { echo "not formatted, run gofmt -w:" >&2; echo "$$files" >&2; exit 1; }
	$(GO) mod tidy -diff

.PHONY: vet
vet: ## run go vet
	$(GO) vet ./...

.PHONY: fresh
fresh: build ## fail if docs/nodes.md or docs/echo.svg is not what `make docs` writes
	@bin/flowrun nodes --markdown | diff -u docs/nodes.md - || { echo "docs/nodes.md is old, run make docs" >&2; exit 1; }
	@bin/flowrun graph flows/echo.json | diff -u docs/echo.svg - || { echo "docs/echo.svg is old, run make docs" >&2; exit 1; }

.PHONY: examples
examples: build ## check all example flows and run their tests
	@set -e; for file in flows/*.json flows/*.yaml; do \
		case $$file in *.test.yaml) ;; *) bin/flowrun check "$$file" ;; esac; \
	done
	bin/flowrun test flows

# As root on a Debian what is missing is installed first; with
# PEERSFLAGS=--installed it is left out.
.PHONY: peers
peers: build ## let real peers (openssl, curl, haproxy, socat, …) talk to flowrun
	sh testdata/peers/run.sh $(PEERSFLAGS)

.PHONY: check
check: PEERSFLAGS = --installed
check: PLATFORMS = $(CHECKED)
check: format vet lint test fresh examples peers cross ## everything that must pass before a change goes in
