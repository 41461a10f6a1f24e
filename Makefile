# clew: every target a newcomer needs. `make demo` and `make test` set up what they use.

GO        ?= go
BIN       := $(CURDIR)/bin
LINT      := $(BIN)/golangci-lint
GOFUMPT   := $(BIN)/gofumpt
VULNCHECK := $(BIN)/govulncheck
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
DEMO      := $(CURDIR)/.demo
VERSION   ?= dev
LDFLAGS   := -s -w -X main.release=$(VERSION)

.PHONY: load deployed release reproducible licences man audit soak servers help build page page-test demo test check unit race lint platforms vuln fuzz bench bench-deps docs deps clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: page ## one static binary with its page: bin/clew
	@mkdir -p $(BIN)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/clew ./cmd/clew

page: ## the page, for the binary to hold (Node.js 20.19 or newer)
	@command -v npm >/dev/null 2>&1 || ./scripts/packages.sh nodejs npm
	@if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; \
	then $(MAKE) --no-print-directory -C web build; \
	else echo 'no Node.js 20.19 or newer here: the binary is built without its page, the API works'; fi

page-test: page ## the page: types, style, and every view in a browser
	$(MAKE) --no-print-directory -C web check test

demo: build ## build, make a synthetic world, investigate one seed, write the reports, serve the page
	$(BIN)/clew demo --dir $(DEMO)
	$(BIN)/clew --data $(DEMO)/data serve --offline

test: deps page licences lint race platforms vuln audit page-test ## everything CI runs

check: test ## the same, under the name that contributors know

unit: ## tests without the race detector: the fast loop while writing
	$(GO) test ./...

# Connectors, fits and fuzzy hashes keep no state and start no goroutine; the
# runner and the client that ask are raced. Racing forty connectors through every
# sort of trouble, or a regression over a million pairs, takes minutes.
ALONE := ^clew/internal/(source/|eval$$|fuzzy/)
race: ## all tests, with the race detector where there is anything to race
	$(GO) test -race -timeout 30m $$($(GO) list ./... | grep -vE '$(ALONE)')
	$(GO) test -timeout 20m $$($(GO) list ./... | grep -E '$(ALONE)')

lint: $(LINT) $(GOFUMPT) ## formatting and static checks
	@test -z "$$($(GOFUMPT) -l cmd internal)" || { $(GOFUMPT) -l cmd internal; echo 'not formatted: run bin/gofumpt -w cmd internal'; exit 1; }
	$(LINT) run ./...

platforms: ## the binary for every platform it is promised on
	@for p in $(PLATFORMS); do \
	  echo "build $$p"; \
	  CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -o /dev/null ./cmd/clew || exit 1; \
	done

vuln: $(VULNCHECK) ## known vulnerabilities in what is linked in
	@out=$$($(VULNCHECK) ./... 2>&1); code=$$?; \
	if [ $$code -ne 0 ] && printf '%s' "$$out" | grep -q 'fetching vulnerabilities'; then \
	  echo 'vulnerability database not reachable from here: not checked'; \
	else printf '%s\n' "$$out" | tail -n 20; exit $$code; fi

audit: ## known vulnerabilities in what the page is built from (asks the npm registry)
	@cd web && out=$$(npm audit --omit=dev 2>&1); code=$$?; \
	if [ $$code -ne 0 ] && printf '%s' "$$out" | grep -qE 'endpoint|ENOTFOUND|ECONN|E40[0-9]|E50[0-9]|not supported'; then \
	  echo 'the registry answers no audit from here: not checked'; \
	else printf '%s\n' "$$out" | tail -n 20; exit $$code; fi

licences: ## every licence of what is linked in may be passed on
	@$(GO) run ./scripts/licences > /dev/null

man: ## manual pages of every command, in man/
	@$(GO) run ./cmd/clew man man

release: page $(BIN)/cyclonedx-gomod ## archives, bills of materials and checksums in dist/: same commit, same bytes
	@PATH="$(BIN):$$PATH" ./scripts/release.sh dist $(VERSION) $(PLATFORMS)

reproducible: ## the release of the last commit built twice, by two users, and compared byte for byte (long)
	@./scripts/reproducible.sh $(CURDIR)/.reproducible $(PLATFORMS)

FUZZTIME ?= 15m
LANES ?= 1
fuzz: ## every fuzz target for FUZZTIME (default 15m), LANES at once: stop it when you like, it goes on from there
	$(GO) run ./internal/reliability/fuzz -time $(FUZZTIME) -lanes $(LANES) -only '$(ONLY)'

bench: bench-deps build ## figures against peers on the same data in the same run (minutes)
	$(GO) run ./internal/corpus/bench -rows 10000000
	$(GO) run ./internal/fuzzy/bench -digests 1000000
	$(GO) run ./internal/fuzzy/bench -digests 5000000 -questions 6
	$(GO) run ./internal/investigation/bench -observations 10000000
	$(GO) run ./internal/naming/bench -names 11000000
	@./scripts/windows-programs.sh $(CURDIR)/.bench/pe
	$(GO) run ./internal/artifact/bench -dir $(CURDIR)/.bench/pe -clew $(BIN)/clew
	$(GO) test -run '^$$' -bench IndicatorsAtOnce -benchtime 1x ./internal/fetch
	$(GO) test -run '^$$' -bench . -benchtime 2s ./internal/score
	$(GO) run ./internal/telemetry/bench

servers: ## searches that tests ask on loopback: VictoriaLogs, Loki, ZincSearch (minutes, once; ClickHouse is Debian's)
	@./scripts/servers.sh $(BIN)/servers
	@./scripts/packages.sh clickhouse-server

SOAK ?= 120m
PAUSE ?= 2s
soak: ## clew serve under mixed work for SOAK (default 120m): memory, goroutines and files stay flat
	@mkdir -p $(CURDIR)/.soak && rm -f $(CURDIR)/.soak/soak.csv
	CLEW_SOAK=$(SOAK) CLEW_SOAK_PAUSE=$(PAUSE) CLEW_SOAK_DIR=$(CURDIR)/.soak $(GO) test -count=1 -timeout 12h -run TestServeForHours -v ./internal/reliability/soak
	$(GO) run ./internal/reliability/soak $(CURDIR)/.soak/soak.csv

load: ## a team and a thousand event streams in front of one server; a case of 100,000 findings (minutes)
	CLEW_LOAD=1 $(GO) test -count=1 -timeout 30m -v ./internal/reliability/load
	CLEW_LARGE=1 $(GO) test -count=1 -timeout 10m -v ./internal/server -run TestLargeCase

deployed: ## the units under a systemd of their own, the image as a container, as locked up as they are shipped (root, Linux)
	@./scripts/packages.sh systemd-container postgresql curl podman buildah runc
	CLEW_DEPLOYED=1 $(GO) test -count=1 -timeout 20m -v ./internal/reliability/deployed

bench-deps:
	@./scripts/packages.sh mtbl-bin libmtbl-dev libsqlite3-dev gcc python3-pefile g++ libfuzzy-dev libtlsh-dev ssdeep libhyperscan-dev zstd
	@command -v rg >/dev/null 2>&1 || npm install --silent --no-audit --no-fund --prefix $(BIN)/npm @vscode/ripgrep || echo "ripgrep: not here, and npm does not bring it"
	@test -d $(BIN)/npm/node_modules/@duckdb/node-api || npm install --silent --no-audit --no-fund --prefix $(BIN)/npm @duckdb/node-api@1.5.6-r.1 || echo "DuckDB: not here, and npm does not bring it"

docs: ## regenerate the pages that come from the code
	$(GO) test ./cmd/clew -run 'Page|Reference' -update
	$(GO) test ./internal/source/all -run Docs -update

deps: ## what the tests need and Go does not bring
	@./scripts/packages.sh gcc g++ nsd unbound libfuzzy-dev libtlsh-dev ssdeep tlsh-tools
	@./scripts/packages.sh python3-pefile osslsigncode p7zip-full default-jdk-headless apksigner binutils file gcab genisoimage cpio lz4 gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32
	@./scripts/packages.sh bind9 knot-resolver pdns-recursor clickhouse-server postgresql dnsmasq-base nftables iptables ipset iproute2 iputils-ping squid yara curl zbar-tools
	@./scripts/packages.sh chromium poppler-utils strace
	@./scripts/packages.sh nginx-light caddy age mandoc systemd docker-compose dbus gnome-keyring libsecret-tools

$(LINT):
	GOBIN=$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
$(GOFUMPT):
	GOBIN=$(BIN) $(GO) install mvdan.cc/gofumpt@v0.12.0
$(BIN)/cyclonedx-gomod:
	GOBIN=$(BIN) $(GO) install -trimpath github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
$(VULNCHECK):
	GOBIN=$(BIN) $(GO) install golang.org/x/vuln/cmd/govulncheck@v1.9.0

clean: ## remove what was built
	rm -rf $(BIN) $(DEMO)
