# Everything a person types to build and check the program. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help demo test lint fuzz cover bench chaos browser picture first-look

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## try everything in the browser, at the address it prints; Ctrl-C ends it
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
	@.ci/install browser
	@mkdir -p artefacts
	MIMAMORI_TEST_ALL=1 .ci/postgres go test -coverpkg=./... -coverprofile=artefacts/coverage.out ./...
	go tool cover -func=artefacts/coverage.out | tail -n 1
	go tool cover -html=artefacts/coverage.out -o artefacts/coverage.html

bench: ## turns per second, and CPU time, beside bare lines of the same run
	go run ./bot/app/benchtest

chaos: ## the program killed at each moment that matters, and 1,000 times under load, on each engine, and a walk of 100,000 steps; about an hour
	@.ci/install system
	MIMAMORI_KILLS=$${MIMAMORI_KILLS:-1000} MIMAMORI_TEST_ALL=1 .ci/postgres \
		go test -count=1 -timeout 2h -v -run 'TestMoments|TestFaults|TestKill' ./bot/chaos
	MIMAMORI_STEPS=$${MIMAMORI_STEPS:-100000} go test -count=1 -timeout 3h -run TestRandomWalk ./bot/play

browser: ## only the tests that play the demo in Chromium; pictures in artefacts/
	@.ci/install browser
	MIMAMORI_TEST_ALL=1 go test -count=1 ./bot/play/browser

picture: ## the README's picture, .readme/demo.png, taken anew
	@.ci/install browser
	MIMAMORI_PICTURE=$(CURDIR)/.readme/demo.png MIMAMORI_TEST_ALL=1 \
		go test -count=1 -run 'TestPicture$$' ./bot/play/browser

first-look: ## how long until the demo's page can be used, and a first case by taps takes
	@.ci/install browser
	@MIMAMORI_TEST_ALL=1 go test -count=1 -v -run 'TestCase$$' ./bot/play/browser | grep -e 'first look' -e FAIL
