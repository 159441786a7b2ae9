# "make start" runs Voiceboard, "make test" tests it; both set up what they need.

PYTHON = .venv/bin/python
# The checks read the settings of the tests: no secrets, no data of yours.
TEST_SETTINGS = DJANGO_SETTINGS_MODULE=tests.settings
# More processes than cores, since many tests wait; but each that drives a browser starts a product.
PYTEST = $(PYTHON) -m pytest --numprocesses 3 --dist worksteal --durations 25
PYTEST_IN_BROWSERS = $(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --durations 10 -r R

.PHONY: help start test lint fix types bench chaos memory development

help:
	@echo "make start   run Voiceboard, with a sandbox to try it on; Ctrl-C ends it"
	@echo "make test    lint, check types and test everything; ARGS=\"-k clone\" goes to pytest"
	@echo "make lint    style, templates, layers, migrations"
	@echo "make types   the types"
	@echo "make bench   measure browsing; SIZES=\"10000 100000 1000000\" for all of it"
	@echo "make chaos   200 clones while calls fail and processes are killed; takes half an hour"
	@echo "make memory  what each process of a running Voiceboard holds in memory, and the sum"
	@echo "make fix     mend what can be mended by a tool"

start:
	@sh scripts/environment.sh requirements.txt
	@exec $(PYTHON) -m voiceboard.supervisor

test: development
	@$(MAKE) --jobs --output-sync lint types
	@sh scripts/browser.sh
# Those in a browser by themselves: one product serves all that a process runs, and while
# Playwright lives Django takes the thread for an asynchronous one. 5: ARGS chose none of these.
	@$(PYTEST) -m "not e2e" $(ARGS) || test $$? -eq 5
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
