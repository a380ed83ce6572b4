# Everything a person types to build and check the program. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help demo test lint fuzz cover bench chaos

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## one report from scan to outcome, played in the terminal; Ctrl-C ends it
	go run ./cmd/mimamori demo

test: ## every check that a change must pass, on a fresh Debian machine too
	@.ci/test

lint: ## only golangci-lint
	@.ci/install lint
	.cache/bin/golangci-lint run

fuzz: ## every fuzz target for a minute each
	.ci/fuzz 60

cover: ## tests with coverage, as artefacts/coverage.html
	@.ci/install system
	@mkdir -p artefacts
	MIMAMORI_TEST_ALL=1 .ci/postgres go test -coverpkg=./... -coverprofile=artefacts/coverage.out ./...
	go tool cover -func=artefacts/coverage.out | tail -n 1
	go tool cover -html=artefacts/coverage.out -o artefacts/coverage.html

bench: ## turns per second, beside three bare lines of the same run
	go run ./bot/app/benchtest

chaos: ## the program killed 1,000 times under load, on each engine; about 15 minutes
	@.ci/install system
	MIMAMORI_KILLS=$${MIMAMORI_KILLS:-1000} MIMAMORI_TEST_ALL=1 .ci/postgres \
		go test -count=1 -timeout 2h -v -run TestKill ./bot/chaos
