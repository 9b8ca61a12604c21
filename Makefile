# The same words as the npm scripts. Every target installs what it needs first, so that a fresh clone can begin anywhere.
.DEFAULT_GOAL := help
# The project's own Node, not the one of the system.
RUN := node_modules/.bin/node
.PHONY: help install start test e2e typecheck lint format generate routes bench bench-smoke profile faults rolling-restart conformance ci up down clean

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-15s %s\n", $$1, $$2 }'

install: node_modules/.install ## install the dependencies as the lock file says

node_modules/.install: package.json package-lock.json
	@command -v npm >/dev/null || { echo 'sluice: npm is missing: install Node.js 20 or newer (https://nodejs.org)' >&2; exit 1; }
	npm ci --loglevel=error
	@touch $@

# At a terminal the shop is a job of its own (set -m): Ctrl-C then reaches the shop and not make, which would answer
# "Interrupt" and fail although everything stopped as it should.
start: install ## run the whole shop behind the gateway on :8080, without containers
	@if [ -t 0 ]; then set -m; $(RUN) tools/start.ts; else exec $(RUN) tools/start.ts; fi

test: install ## run the test suite
	@npm run --silent test

e2e: install ## walk through the shop over HTTP (against GATEWAY_URL, default http://localhost:8080)
	@npm run --silent e2e

typecheck: install ## check the types
	@npm run --silent typecheck

lint: install ## check style and protos
	@npm run --silent lint

format: install ## mend what lint can mend
	@npm run --silent format

generate: install ## generate gen/ from proto/
	@npm run --silent generate

routes: install ## list the routes, which of them meet, and which are never reached
	@npm run --silent routes

bench: install ## measure, side by side with others (CASE=full for a suite, CASE=product PEER=sluice,gin for less)
	@npm run --silent bench

bench-smoke: install ## see that all contenders of the bench run and answer right; needs Go
	@npm run --silent bench:smoke

profile: install ## show where a gateway under load spends its time (CASE=order MODE=bare); needs Go
	@npm run --silent profile

faults: install ## break upstreams in every way, and show what calls meet meanwhile
	@npm run --silent faults

rolling-restart: install ## restart gateways under load, and count what fails; needs Go
	@npm run --silent rolling-restart

conformance: install ## hold the gRPC client to connectrpc/conformance; needs Go
	@npm run --silent conformance

ci: install ## everything that must be green
	@npm run --silent ci

up: ## run the whole stack in containers
	docker compose up --build --detach --wait

down: ## stop the containers; the volumes stay
	docker compose down

clean: ## remove what was installed, generated data included
	rm -rf node_modules .cache .data .tap dist
