# `make test` runs all tests. .ci/run also runs the linter, the fuzz targets and the check
# that generated files are up to date.

GOLANGCI_LINT := v2.15.0
GOTESTSUM     := v1.13.0
GOVULNCHECK   := v1.9.0
FUZZTIME      := 30s

BINARY := build/authgraph

BIN := build/bin
RESULTS := build/tests.json
APPS := examples/spa-apollo examples/spa-urql
GENERATED := graph internal/playground docs $(APPS)
LINT := $(BIN)/golangci-lint-$(GOLANGCI_LINT)
TESTSUM := $(BIN)/gotestsum-$(GOTESTSUM)

.PHONY: build run quick test bench lint generate generated fuzz vuln sbom clean

# Without cgo, and without the Lambda runtime's RPC mode, which AWS advises to leave out on
# provided.al2023 and later.
build: ## build a static binary for GOOS and GOARCH, at BINARY
	CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -o '$(BINARY)' .

run: ## serve the API on the embedded pool
	go run .

quick: ## run the tests that need only Go, and none against the built binary
	go vet ./...
	go test $$(go list ./... | grep -v /test/)

test: $(TESTSUM) ## run all tests with the race detector; installs what they need
	.ci/prepare
	@mkdir -p build
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(TESTSUM) --format pkgname --format-hide-empty-pkg --jsonfile $(RESULTS) -- -race -count=1 ./... ; \
	  status=$$?; .ci/count $(RESULTS); exit $$status

bench: ## the targets of docs/performance.md; takes about six minutes on a quiet machine. BENCH=me-hot runs one case, BENCHFLAGS=-short a smoke test
	@mkdir -p build
	cd bench && go test -count=1 -timeout 30m -run 'TestTargets/$(BENCH)' $(BENCHFLAGS) -args -report $(CURDIR)/build/bench.md

lint: $(LINT) ## run golangci-lint
	$(LINT) run ./...
	cd bench && go vet . ./floor

generate: ## generate gqlgen's code, the playground's bundle, the examples' types and the reference pages
	go tool gqlgen generate
	cd internal/playground && npm ci --no-audit --no-fund && npm run build
	@mkdir -p build
	go run . schema >build/schema.graphqls
	go test ./test/repo -run 'TestOperations|TestCoverage|TestSettings' -count=1 -update
	UPDATE_DOCS=1 go test ./cognito -run TestErrorsPage -count=1
	for app in $(APPS); do (cd $$app && { [ -d node_modules ] || npm ci --no-audit --no-fund; } && SCHEMA=$(CURDIR)/build/schema.graphqls npm run codegen) || exit 1; done

generated: generate ## fail if generate changes a committed file
	git diff --exit-code -- $(GENERATED)
	@test -z "$$(git status --porcelain -- $(GENERATED))" || { git status --short -- $(GENERATED); exit 1; }

fuzz: ## run every fuzz target for FUZZTIME (a duration, or 2000x for executions)
	.ci/fuzz $(FUZZTIME)

vuln: ## check for known vulnerabilities; needs the network
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK) ./...

sbom: ## write a bill of materials (CycloneDX) to build/authgraph.cdx.json
	@mkdir -p $(BIN)
	cd .ci/sbom && go build -o $(CURDIR)/$(BIN)/cyclonedx-gomod github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
	$(BIN)/cyclonedx-gomod app -json -licenses -main . -output build/authgraph.cdx.json .

clean:
	rm -rf build

$(LINT):
	GOBIN=$(CURDIR)/$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv $(BIN)/golangci-lint $@

$(TESTSUM):
	GOBIN=$(CURDIR)/$(BIN) go install gotest.tools/gotestsum@$(GOTESTSUM)
	mv $(BIN)/gotestsum $@
