# Everything a developer runs. `make help` lists it.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0
PROTOC_GEN_GO := google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
VTPROTO       := github.com/planetscale/vtprotobuf/cmd/protoc-gen-go-vtproto@v0.6.1-0.20240319094008-0393e58bdf10
FUZZTIME      ?= 20s
COUNT         ?= 200
RUNS          ?= 1
SEED          ?=
DURATION      ?=

.PHONY: help
help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: build
build: ## Build the binaries into bin/.
	go build -trimpath -o bin/ ./cmd/muster ./cmd/muster-demo ./cmd/graph-emulator ./cmd/sample-producer

.PHONY: demo
demo: ## Watch it work: everything in one process.
	go run ./cmd/muster-demo

.PHONY: test
test: ## All tests with the race detector, end to end on an emulated and a real Kafka (needs Java 17 and Maven).
	go test -race -timeout 30m ./...

.PHONY: test-short
test-short: ## Unit tests only, no real Kafka.
	go test -short -timeout 5m ./...

.PHONY: bench
bench: ## Benchmarks; the rates beside a bare read of a real Kafka.
	go test -run '^$$' -bench . -benchmem -timeout 30m ./...

.PHONY: bench-once
bench-once: ## Each benchmark once, so that it goes on compiling and running.
	go test -run '^$$' -bench . -benchtime 1x -short -timeout 15m ./...

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME (20s).
	.ci/fuzz $(FUZZTIME)

.PHONY: histories
histories: ## COUNT (200) random histories of the whole worker, with power losses, in memory.
	HISTORIES=$(COUNT) go test -timeout 60m -count 1 -v ./cmd/histories
	HISTORIES=$(COUNT)0 go test -timeout 60m -count 1 -v -run TestDiskFailsDuringUploads ./uploader

.PHONY: torture
torture: ## RUNS seeds from SEED (by chance) on, or fresh ones for DURATION: the worker on a three-broker Kafka that breaks, judged row by row. Passed seeds are not run again.
	go run ./cmd/torture $(if $(DURATION),--duration $(DURATION),--runs $(RUNS)) $(if $(SEED),--seed $(SEED)) $(TORTURE)

.PHONY: sdk
sdk: ## Meta's own Node and Python SDKs drive the Graph emulator (needs Node, Python 3 and their registries).
	.ci/sdk

.PHONY: deploy-check
deploy-check: ## Compose file, images, rules, dashboards and chart, and what compose runs as processes (needs Java 17, Maven and prometheus).
	cd deploy && go vet ./... && go test -timeout 30m -count 1 ./...

.PHONY: deploy-schemas
deploy-schemas: ## Make the schemas anew that the chart is checked against. Needs the Go module proxy.
	cd deploy && go run ./helm/schemas/generate helm/schemas

.PHONY: restart
restart: ## Measure how long nobody works on some partitions while a replica restarts (needs what deploy-check needs).
	cd deploy && go test -timeout 30m -count 1 -run 'TestPicture|TestRestart' -v . | grep -E 'rolling restart|^(ok|FAIL|---)'

.PHONY: lint
lint: ## golangci-lint, go vet, gofmt.
	go vet ./...
	go run $(GOLANGCI_LINT) run ./...
	cd deploy && go run $(GOLANGCI_LINT) run --config ../.golangci.yml ./...

.PHONY: vuln
vuln: ## Known vulnerabilities in dependencies. Needs the Go vulnerability database.
	go run $(GOVULNCHECK) ./...

.PHONY: proto
proto: ## Generate schema/musterpb. Needs protoc.
	mkdir -p bin/proto
	GOBIN=$(CURDIR)/bin/proto go install $(PROTOC_GEN_GO)
	GOBIN=$(CURDIR)/bin/proto go install $(VTPROTO)
	PATH=$(CURDIR)/bin/proto:$$PATH protoc -I schema/musterpb --go_out=. --go_opt=module=muster \
		--go-vtproto_out=. --go-vtproto_opt=module=muster,features=marshal+unmarshal+size+equal+clone schema/musterpb/*.proto
