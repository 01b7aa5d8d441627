# Everything a developer does, each a target with a line of help. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
WORKERS ?= 4
# kubectl, kind, helm and the kubeconfig of the test cluster
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
CLUSTER_ENV = eval "$$(python3 -m tests.cluster env)"
# Side by side, and then those that change the cluster for everyone.
E2E = $(PY) -m pytest tests/e2e --ignore tests/e2e/alone -n $(WORKERS) --dist worksteal && $(PY) -m pytest tests/e2e/alone

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "%-16s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet -e '.[dev]'
	touch $@

.PHONY: venv
venv: $(STAMP) ## Make the Python environment for development

.PHONY: cluster
cluster: ## Bring up the kind cluster (reused when healthy)
	python3 -m tests.cluster up

.PHONY: cluster-delete
cluster-delete: ## Delete the kind cluster
	python3 -m tests.cluster delete

.PHONY: install
install: $(STAMP) cluster ## Build the operator's image and install it with Helm on the kind cluster
	$(CLUSTER_ENV); $(PY) -m tests.tools.install

.PHONY: demo
demo: install ## Run the sample benchmark with three agents and show the scores
	$(CLUSTER_ENV); $(PY) -m tests.tools.demo

.PHONY: test
test: lint install test-runner test-unit ## All checks and tests, from unit to end-to-end
	$(CLUSTER_ENV); $(E2E)

.PHONY: test-unit
test-unit: $(STAMP) ## Tests without a cluster; those of a real API server need the programs of `make cluster`
	$(CLUSTER_ENV); $(PY) -m pytest tests/unit tests/integration -n 2 -q

.PHONY: test-report
test-report: $(STAMP) ## Look at the report's page in a browser (needs Chromium: apt-get install chromium); not part of `make test`
	$(PY) -m pytest tests/report -q

.PHONY: test-runner
test-runner: ## Tests of the program in other people's images, with the race detector, and a little fuzzing
	test -z "$$(gofmt -l operator/runner)"
	cd operator/runner && go vet ./... && go test -race ./...
	operator/runner/fuzz.sh 10000

.PHONY: fuzz-runner
fuzz-runner: ## Fuzz the runner's parsers with a million inputs each; not part of `make test`
	operator/runner/fuzz.sh 1000000

.PHONY: test-e2e
test-e2e: install ## Tests on the kind cluster only
	$(CLUSTER_ENV); $(E2E)

.PHONY: lint
lint: $(STAMP) ## Lint and type-check
	$(VENV)/bin/ruff check operator tests
	$(VENV)/bin/ruff format --check operator tests
	$(VENV)/bin/mypy

.PHONY: format
format: $(STAMP) ## Format the code
	$(VENV)/bin/ruff check --fix operator tests
	$(VENV)/bin/ruff format operator tests

.PHONY: crds
crds: $(STAMP) cluster ## Generate CRDs, reference, tables of reasons, the chart's copies and the kustomize base from the models
	$(PY) -m assay.api crds crds
	$(PY) -m assay.api reference docs/reference.md
	$(PY) -m assay.api troubleshooting docs/troubleshooting.md
	$(CLUSTER_ENV); helm/render-base.sh

.PHONY: bench
bench: install ## Measure runs beside two bare floors, phases, CPU of the node, API writes: ITEMS=100 PARALLEL="1 8" ROUNDS=1
	$(CLUSTER_ENV); $(PY) -m tests.tools.bench $(if $(ITEMS),--items $(ITEMS)) $(if $(PARALLEL),--parallel $(PARALLEL)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SAMPLES),--samples)

.PHONY: bench-disks
bench-disks: install ## Measure snapshot, restore, suspend, resume and re-score, and their sizes
	$(CLUSTER_ENV); $(PY) -m tests.tools.diskbench
