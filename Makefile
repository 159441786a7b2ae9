# "make start" runs Voiceboard, "make test" tests it; both set up what they need.

PYTHON = .venv/bin/python
# The checks use the tests' settings, so they need no secrets and touch no data.
TEST_SETTINGS = DJANGO_SETTINGS_MODULE=tests.settings
# Without bytecode, each of hundreds of processes would compile all that it imports.
export PYTHONDONTWRITEBYTECODE =
# Many tests wait, so there are more processes than cores. Each process that drives a browser starts
# a product. Browser tests run in processes of their own: while Playwright runs, Django takes the
# thread for an asynchronous one. Exit code 5: ARGS selected none of these tests.
PYTEST = $(PYTHON) -m pytest --numprocesses 3 --dist worksteal --durations 25
PYTEST_IN_BROWSERS = $(PYTHON) -m pytest --override-ini testpaths=tests/e2e --numprocesses auto --maxprocesses 4 --dist loadfile --durations 10 -r R

.PHONY: help start test test-code test-pages lint fix types bench chaos memory development release sbom audit

help:
	@echo "make start   run Voiceboard with a sandbox to try it; Ctrl-C stops it"
	@echo "make test    run linters, type checks, and all tests; pass options with ARGS=\"-k clone\""
	@echo "make lint    check style, layers, and migrations"
	@echo "make types   check types"
	@echo "make bench   measure browsing; SIZES=\"10000 100000 1000000\" for all sizes"
	@echo "make chaos   make 200 clones while calls fail and processes are killed (30 minutes)"
	@echo "make memory  print the memory of each process of a running Voiceboard, and the sum"
	@echo "make sbom    print the software bill of materials"
	@echo "make audit   look for known vulnerabilities in the locked packages"
	@echo "make release make a release signed by the SSH key KEY"
	@echo "make fix     format the code and fix what tools can fix"

start:
	@sh scripts/environment.sh requirements.txt
	@exec $(PYTHON) -m voiceboard.supervisor

test: lint
	@sh scripts/browser.sh
	@echo "Checking types and running all tests; each half prints its results when it is done ..."
	@$(MAKE) --jobs --output-sync=line types test-code test-pages

test-code:
	@$(PYTEST) -m "not e2e" $(ARGS) || test $$? -eq 5

test-pages:
	@$(PYTEST_IN_BROWSERS) -m e2e $(ARGS) || test $$? -eq 5

development:
	@sh scripts/environment.sh requirements-dev.txt

lint: development
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports
	@$(TEST_SETTINGS) $(PYTHON) manage.py makemigrations --check --dry-run

types: development
	@.venv/bin/mypy

bench: development
	@$(PYTHON) scripts/bench $(SIZES)

chaos: development
	@$(PYTHON) scripts/chaos $(ARGS)

memory:
	@$(PYTHON) scripts/memory.py

fix: development
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

sbom:
	@python3 scripts/sbom

release:
	@python3 scripts/release.py --key "$(KEY)"

# In an environment of its own, so that the tool's packages change nothing here.
audit:
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	python3 -m venv "$$folder"; \
	"$$folder/bin/pip" install --quiet --disable-pip-version-check pip-audit; \
	for lock in requirements.txt requirements-servers.txt; do \
		echo "$$lock:"; \
		"$$folder/bin/pip-audit" --strict --disable-pip --require-hashes --requirement "$$lock"; \
	done
