# SPDX-License-Identifier: Apache-2.0
#
# make demo    the whole story on real containers, in two minutes (root; installs what is missing)
# make demo-cluster    three nodes on this machine: policy and identity between them, and what becomes of one that dies (root; installs what is missing)
# make bench   Hypha beside bridge, iptables, nftables and Docker on this machine (root): docs/benchmark.md; BENCH_SHORT=1: in ten minutes
# make bench-nodes     between two nodes: plain routing, a plain VXLAN device, Hypha (root): docs/benchmark.md
# make bench-policy    what policy costs, from the rules' text into the kernel (root): docs/performance.md
# make test    every test, end-to-end scenarios included (root; on a machine of its own, see scripts/sandbox)

export PATH := $(CURDIR)/.build/go/bin:$(PATH):/usr/local/go/bin:/usr/sbin:/sbin

# The compiler whose output is committed, byte for byte (go:generate lines in bpf/): another version may differ in a few bytes.
CLANG := clang-19
CLANG_FORMAT := clang-format-19

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BPF_SOURCES = $(filter-out %/vmlinux.h,$(wildcard bpf/*.c bpf/*.h))
SCRIPTS = .ci/run $(wildcard demo/run demo/stage demo/steps scripts/*)
GENERATED = _bpfe[lb]\.go$$|_string\.go$$

.PHONY: all demo demo-cluster test build generate lint bench bench-nodes bench-policy clean
all: build

demo:
	@scripts/setup build demo
	@$(MAKE) --no-print-directory build
	@demo/run

demo-cluster:
	@scripts/setup build demo-cluster
	@$(MAKE) --no-print-directory build
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o .build/demo/ ./demo/...
	@PATH=$(CURDIR)/bin:$(CURDIR)/.build/demo:$$PATH scripts/sandbox cluster

test:
	@scripts/setup build test
	@go mod download # the sandbox has no way out
	@scripts/sandbox scripts/test $(PACKAGES)

build:
	@scripts/setup build
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/...

generate:
	@scripts/setup build generate
	@$(CLANG) --version | head -n 1
	go generate ./...

lint:
	@scripts/setup build lint
	@files=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); test -z "$$files" || { echo "not gofmt-ed: $$files"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	shellcheck -x $(SCRIPTS)
	@test -z "$(BPF_SOURCES)" || $(CLANG_FORMAT) --dry-run --Werror $(BPF_SOURCES)
	@files=$$(git ls-files -co --exclude-standard '*.go' 'bpf/*.[ch]' | grep -v -E '$(GENERATED)|/vmlinux\.h$$' | \
		xargs grep -L 'SPDX-License-Identifier:'); test -z "$$files" || { echo "no SPDX line: $$files"; exit 1; }

bench-policy:
	@scripts/setup build bench-policy
	@go mod download # the sandbox has no way out
	@scripts/bench-policy

bench-nodes: build
	@scripts/setup bench
	CGO_ENABLED=0 go build -trimpath -o bin/ ./bench
	@mkdir -p .build
	bin/bench run -between-nodes -hypha bin/hypha -o .build/bench-nodes.json -picture .build/bench-nodes.svg $(BENCH)

bench: build
	@scripts/setup bench
	CGO_ENABLED=0 go build -trimpath -o bin/ ./bench
	@mkdir -p .build
	bin/bench run -hypha bin/hypha -o .build/bench.json -picture .build/bench.svg $(BENCH)

clean:
	rm -rf bin .build
