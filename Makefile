# The ways to build, try, test and measure waybill. Each target installs what it needs and does not find, on Debian.

# A warning fails the build here, but not that of somebody who uses the package with a newer compiler.
export WARNINGS_AS_ERRORS := 1

BIN := .build/debug/waybill
SWIFT_FLAGS := --explicit-target-dependency-import-check error
# Without the package trait GRPC, which takes longer to build than all the rest.
LEAN_FLAGS := $(SWIFT_FLAGS) --disable-default-traits --scratch-path .build-lean --product waybill
SOURCES := Package.swift Sources Tests Benchmarks/Sources Fuzz Examples/swift
VENV := .venv

BUILD_PACKAGES := libarchive-dev libmsgpack-dev libsqlite3-dev libzmq3-dev
MANUAL_PACKAGES := python3
DEB_PACKAGES := debhelper
TEST_PACKAGES := buildah containerd curl etcd-client etcd-server gcc jq libc6-dev openssl podman prometheus python3-venv runc \
  skopeo umoci
CHECK_PACKAGES := mandoc prometheus systemd
CHROMIUM_PACKAGES := chromium etcd-server fonts-dejavu-core pngquant python3
CHAOS_PACKAGES := etcd-client etcd-server iproute2 iptables
SOAK_PACKAGES := buildah iproute2 podman skopeo
INSTALL_PACKAGES := debootstrap lintian netavark podman runc
COMPOSE_PACKAGES := aardvark-dns catatonit debootstrap iptables netavark openssl podman runc
GO_PACKAGES := golang-go golang-google-grpc-dev
PROTO_PACKAGES := protobuf-compiler
JAVA_PACKAGES := default-jdk-headless libjeromq-java
CLUSTER_PACKAGES := etcd-server gcc libc6-dev python3-venv
BENCH_PACKAGES := curl gcc libc6-dev nghttp2-client python3-venv
PEER_PACKAGES := containerd redis-server $(GO_PACKAGES)
PERF_PACKAGES := binutils python3 valgrind
FUZZ_PACKAGES := jq
# What Swift's toolchain needs to build anything.
export SWIFT_PACKAGES := binutils ca-certificates gcc git libc6-dev libcurl4 libedit2 libncurses6 libsqlite3-0 \
  libstdc++-12-dev libxml2 zlib1g-dev
FUZZ_FLAGS := --configuration release --scratch-path .build-fuzz

FUZZ_TARGETS := decoder handler $(addprefix store-,$(notdir $(wildcard Fuzz/Seeds/*)))
FUZZ_MEASURE = $(if $(RUNS),runs $(RUNS),max_total_time $(or $(SECONDS),60))

# Where `make install` puts the program; DESTDIR, if it is set, stands before it.
PREFIX := /usr/local

# The date of manual pages and of what is packed: that of the last commit, or of the last change in a copy without git.
EPOCH = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2> /dev/null || stat --format %Y Package.swift))

SHELL := /bin/bash

SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)

.PHONY: build build-lean run install dist deb test test-crowd test-cri test-peers test-compose test-fresh test-install \
  check check-client check-perf chaos-cluster soak docs screenshots fmt proto bench bench-cluster bench-curve bench-micro \
  fuzz fuzz-face clean

build:
	@$(call install,$(BUILD_PACKAGES))
	swift build $(SWIFT_FLAGS)

build-lean:
	@$(call install,$(BUILD_PACKAGES))
	swift build $(LEAN_FLAGS)

# A worker on the bundled sample, asked once through a real socket.
run: BIN := .build-lean/debug/waybill
run: build-lean
	@$(call with-worker,$(BIN) images --endpoint $$endpoint --digests)

# The program without the toolchain's libraries, its manual pages, the units of systemd and their user, and completions for
# shells.
install: export WARNINGS_AS_ERRORS :=
install: export WAYBILL_COMMIT := $(shell git rev-parse --short=10 HEAD 2> /dev/null)
install: tree := .build/install
install:
	@$(call install,$(BUILD_PACKAGES) $(MANUAL_PACKAGES))
	swift build --configuration release --product waybill --static-swift-stdlib
	@rm -rf $(tree)
	@install -D --strip .build/release/waybill $(tree)/bin/waybill
	@install -D --mode 644 --target-directory $(tree)/lib/systemd/system compose/systemd/*.service
	@sed -i 's|/usr/local/bin/|$(PREFIX)/bin/|' $(tree)/lib/systemd/system/*.service
	@install -D --mode 644 packaging/waybill.sysusers $(tree)/lib/sysusers.d/waybill.conf
	@umask 022; SOURCE_DATE_EPOCH=$(EPOCH) packaging/make-manual $(tree)/bin/waybill $(tree)/share/man/man1
	@$(call completion,bash,bash-completion/completions/waybill)
	@sed -i '1{/^#!/d}' $(tree)/share/bash-completion/completions/waybill
	@$(call completion,zsh,zsh/site-functions/_waybill)
	@$(call completion,fish,fish/vendor_completions.d/waybill.fish)
	@umask 022; mkdir -p "$(DESTDIR)$(PREFIX)" 2> /dev/null && [ -w "$(DESTDIR)$(PREFIX)" ] || sudo=$(SUDO); \
	  $$sudo mkdir -p "$(DESTDIR)$(PREFIX)" && \
	  $$sudo cp --recursive --remove-destination $(tree)/. "$(DESTDIR)$(PREFIX)"
	@case "$(PREFIX)" in /usr | /usr/local) ;; \
	  *) echo 'systemd does not look for units in $(PREFIX): systemctl link $(PREFIX)/lib/systemd/system/NAME.service' ;; esac

# All that `make install` puts into PREFIX, and the documentation, as .build/waybill-VERSION-ARCH.tar.gz. The same commit makes the same tarball
# of the same program.
dist: tree = .build/dist$(PREFIX)
dist:
	@rm -rf .build/dist
	@$(MAKE) --no-print-directory install DESTDIR="$(CURDIR)/.build/dist"
	@mkdir -p $(tree)/share/doc/waybill
	@packaging/copy-documentation $(tree)/share/doc/waybill
	@cp LICENSE packaging/debian/copyright $(tree)/share/doc/waybill
	@name=waybill-$$($(tree)/bin/waybill --version | cut -d ' ' -f 1)-$$(uname -m) && \
	  tar --directory $(tree) --create --sort name --mtime @$(EPOCH) --owner 0 --group 0 --numeric-owner \
	  --mode u+rwX,go+rX,go-w --transform "s|^\.|$$name|" . | gzip --no-name --best > .build/$$name.tar.gz && \
	  echo .build/$$name.tar.gz

# A package for Debian, .build/waybill_VERSION-1_ARCH.deb.
deb:
	@$(call install,$(DEB_PACKAGES))
	@rm -rf .build/deb
	@$(MAKE) --no-print-directory install DESTDIR="$(CURDIR)/.build/deb/install" PREFIX=/usr
	@SOURCE_DATE_EPOCH=$(EPOCH) packaging/make-deb .build/deb

test: build $(VENV)/installed
	@$(call install,$(TEST_PACKAGES))
	@getent hosts localhost > /dev/null || { echo 'tests need a host that knows localhost: say so in /etc/hosts' >&2; false; }
	swift build $(SWIFT_FLAGS) --build-tests
# One after the other: sockets, files and programs block the threads that tests share, of which there is one for each core.
# What failed is said again at the end, where one looks for it.
	@set -o pipefail; swift test $(SWIFT_FLAGS) --skip-build --disable-xctest --no-parallel 2>&1 | tee .build/test.log || \
	  { grep ' recorded an issue ' .build/test.log; tail -n 1 .build/test.log; false; }

# Crowds of 20,000 clients, at a limit of 1,024 descriptors and at one of 16,384. Needs a hard limit as high.
test-crowd:
	CROWD=1 swift test $(SWIFT_FLAGS) --disable-xctest --no-parallel --filter CrowdTests

# Over CRI: 10,000 questions to containerd in a row, a thousand images, ten kills, and a client in Go. As root.
test-cri: build $(VENV)/installed
	@$(call install,$(TEST_PACKAGES) $(GO_PACKAGES))
	CRI=1 swift test $(SWIFT_FLAGS) --disable-xctest --no-parallel --filter 'ContainerdTests|GoClientTests'

# Clients of other implementations that are idle for a minute between two calls, JeroMQ's with them.
test-peers: build $(VENV)/installed
	@$(call install,$(TEST_PACKAGES) $(JAVA_PACKAGES))
	PEERS_IDLE=60 swift test $(SWIFT_FLAGS) --disable-xctest --no-parallel --filter PeerTests

# The image, and the pools of compose/ in containers. As root.
test-compose: $(VENV)/installed
	@$(call install,$(COMPOSE_PACKAGES))
	compose/test

# TARGETS in a new Debian with nothing but make, what Swift's toolchain needs, and a copy of this folder. As root.
test-fresh: TARGETS := run test check test-compose
test-fresh:
	@$(call install,debootstrap)
	Tests/IntegrationTests/Scripts/fresh.sh $(TARGETS)

# The package and the tarball in a new Debian, until nothing is left of them. As root.
test-install: dist deb
	@$(call install,$(INSTALL_PACKAGES))
	Tests/IntegrationTests/Scripts/install.sh

check: build build-lean check-client $(VENV)/installed
	@$(call install,$(CHECK_PACKAGES))
	swift format lint --strict --recursive $(SOURCES)
	$(VENV)/bin/python3 Sources/check-imports
	$(VENV)/bin/python3 Schemas/validate
	compose/check $(VENV) $(BIN)
	packaging/check $(BIN)

# The client library in a program of its own, which asks a worker; neither stores nor a registry are compiled for it.
check-client: build
	@$(call install,$(BUILD_PACKAGES))
	swift build --package-path Examples/swift --scratch-path .build-client
	@! find -L .build-client/debug -name '*.o' | grep -E '/(GRDB|ImageRegistry|ImageSources)\.build/'
	@$(call with-worker,.build-client/debug/list-images $$endpoint | tee /dev/stderr | grep -q busybox)

# The page of the client library, below .build-docs. A warning fails it.
docs:
	@$(call install,$(BUILD_PACKAGES))
	DOCS=1 swift package --scratch-path .build-docs --disable-sandbox generate-documentation --target WaybillClient \
	  --warnings-as-errors

# The screenshots of docs/operations.md, by Chromium, which also looks for faults in all status pages.
screenshots: build
	@$(call install,$(CHROMIUM_PACKAGES))
	docs/make-screenshots $(BIN)

fmt:
	swift format --in-place --recursive $(SOURCES)

# The Swift of CRI's messages, from their definition.
proto: build
	@$(call install,$(PROTO_PACKAGES))
	swift build --package-path .build/checkouts/swift-protobuf --scratch-path .build-proto --product protoc-gen-swift
	for proto in CRIProtocol/cri EtcdProtocol/etcd; do folder=Sources/$${proto%/*}; \
	  protoc --proto_path=$$folder --plugin=.build-proto/debug/protoc-gen-swift \
	  --swift_out=Visibility=Package,UseAccessLevelOnImports=true:$$folder $${proto#*/}.proto || exit; done

# Against the limit of the transport and others, side by side; writes Benchmarks/RESULTS.md and its charts. As root, or
# containerd cannot run. A peer that cannot be installed is named as missing there. AGAINST=COMMIT: beside waybill of that
# commit alone; writes .build/bench/AGAINST.md.
bench: $(VENV)/bench-installed
	@$(call install,$(BUILD_PACKAGES) $(BENCH_PACKAGES))
	-@$(call install,$(PEER_PACKAGES))
	swift build $(SWIFT_FLAGS) --configuration release --product waybill
	BENCHMARKS=1 swift build $(SWIFT_FLAGS) --configuration release --product RegistryBench
	BENCHMARKS=1 swift build $(SWIFT_FLAGS) --configuration release --product FixedFace
	$(VENV)/bin/python3 Benchmarks/run $(addprefix --against ,$(AGAINST))

# A cluster of 10,000 nodes, and of 100,000, with a real etcd; writes Benchmarks/CLUSTER.md and its charts. Needs a hard limit
# of 20,000 descriptors.
bench-cluster: $(VENV)/bench-installed
	@$(call install,$(BUILD_PACKAGES) $(CLUSTER_PACKAGES))
	swift build $(SWIFT_FLAGS) --configuration release --product waybill
	$(VENV)/bin/python3 Benchmarks/cluster

# What CURVE costs: prints a table.
bench-curve: $(VENV)/installed
	@$(call install,$(BUILD_PACKAGES) $(BENCH_PACKAGES))
	swift build $(SWIFT_FLAGS) --configuration release --product waybill
	$(VENV)/bin/python3 Benchmarks/curve

# Hostile bytes for the decoder, for the whole handler, and for each reader of a store, SECONDS for each, or RUNS inputs for
# each; see Fuzz/run.
fuzz:
	@$(call install,$(BUILD_PACKAGES) $(FUZZ_PACKAGES))
	FUZZ=1 swift build $(FUZZ_FLAGS) --product fuzz-decoder
	FUZZ=1 swift build $(FUZZ_FLAGS) --product fuzz-handler
	FUZZ=1 swift build $(FUZZ_FLAGS) --product fuzz-store
	@set -e; for target in $(FUZZ_TARGETS); do Fuzz/run $$target $(FUZZ_MEASURE); done

# Hostile frames for what answers CRI, a million or RUNS of them, under the address sanitizer.
fuzz-face:
	@$(call install,$(BUILD_PACKAGES) python3)
	swift build $(SWIFT_FLAGS) --sanitize=address --scratch-path .build-asan --product waybill
	Fuzz/face .build-asan/debug/waybill $(or $(RUNS),1000000)

# What a request and a change take, in instructions, against what is checked in; the same on every machine.
check-perf:
	@$(call install,$(BUILD_PACKAGES) $(PERF_PACKAGES))
	BENCHMARKS=1 swift build $(SWIFT_FLAGS) --configuration release --product RequestPath
	Benchmarks/check-instructions .build/release/RequestPath

# A cluster of three etcd members, publishers and workers while everything in it fails, MINUTES for each of its parts (10),
# and again by the same SEED; PART=changes, restore or retention. As root.
chaos-cluster: build $(VENV)/installed
	@$(call install,$(CHAOS_PACKAGES))
	$(VENV)/bin/python3 Tests/Chaos/cluster $(BIN) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	  $(addprefix --part ,$(PART))

# A pool with keys, MINUTES long (30) and again by the same SEED, while its stores change and its workers are killed and
# stopped. Every answer is checked, and memory and descriptors are to stay flat. CHART says where the chart goes. As root.
soak: build $(VENV)/bench-installed
	@$(call install,$(SOAK_PACKAGES))
	$(VENV)/bin/python3 Tests/Chaos/soak $(BIN) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	  --chart $(or $(CHART),.build/soak.svg)

# The same work by time, and in larger registries.
bench-micro:
	@$(call install,$(BUILD_PACKAGES))
	BENCHMARKS=micro swift package --scratch-path .build-micro benchmark

clean:
	rm -rf .build .build-asan .build-compose .build-client .build-docs .build-fresh .build-fuzz .build-install \
	  .build-lean .build-micro .build-proto .build-tsan $(VENV)

$(VENV)/installed: Tests/requirements.txt
	@$(call install,python3-venv)
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement $<
	@touch $@

$(VENV)/bench-installed: Benchmarks/requirements.txt $(VENV)/installed
	$(VENV)/bin/pip install --quiet --requirement $<
	@touch $@

# $(call with-worker,COMMAND): a worker on the bundled sample while COMMAND asks it at $$endpoint.
define with-worker
folder=$$(mktemp -d) && endpoint=ipc://$$folder/waybill.sock; \
	$(BIN) worker oci:Examples/sample-layout --bind $$endpoint & worker=$$!; \
	trap 'kill $$worker; wait $$worker; rm -r $$folder' EXIT; \
	$(1)
endef

# $(call completion,SHELL,FILE): the completions of a shell, in the tree that is installed.
define completion
umask 022; mkdir -p $(dir $(tree)/share/$(2)) && $(tree)/bin/waybill --generate-completion-script $(1) > $(tree)/share/$(2)
endef

# $(call install,PACKAGES): those of them that are missing. The daemons that some of them bring are not started.
define install
missing=$$(for package in $(1); do dpkg -s $$package >/dev/null 2>&1 || echo $$package; done); \
	[ -z "$$missing" ] || { policy=/usr/sbin/policy-rc.d; \
	  [ -e $$policy ] || { trap "$(SUDO) rm $$policy" EXIT; \
	    printf '#!/bin/sh\nexit 101\n' | $(SUDO) install --mode 755 /dev/stdin $$policy; }; \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; }
endef
