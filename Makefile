# make run    the site with demo content on http://localhost:8000 (PORT and HOST change that)
# make run-with-cards  the same, with card payment through a Stripe that takes no money (on port 8001)
# make test   all tests, on SQLite and on PostgreSQL (ARGS go to pytest: make test ARGS="-k feed")
# make check  everything that can be told without running the site
# make messages      collect texts to translate, and compile the translations (needs gettext)
# make requirements  pin the packages anew from requirements*.in

.DEFAULT_GOAL := run
.PHONY: run run-with-cards test test-sqlite test-postgresql check messages requirements
# A make inside a make must not tell our programs its own flags.
unexport MAKEFLAGS MFLAGS MAKELEVEL

PORT ?= 8000
HOST ?= 127.0.0.1
export PORT HOST

python := .venv/bin/python
manage := DJANGO_SETTINGS_MODULE=cms.settings.dev $(python) manage.py

run: .venv/installed-run
	@exec env DJANGO_SETTINGS_MODULE=cms.settings.dev PYTHONUNBUFFERED=1 $(python) manage.py serve_demo

# A site of its own, so that the price lists of the other one stay as they are.
run-with-cards: .venv/installed-dev
	@exec env DJANGO_SETTINGS_MODULE=cms.settings.dev PYTHONUNBUFFERED=1 VAR_DIR="$(CURDIR)/var/cards" \
	    $(python) -m tests.stripe_double $(python) manage.py serve_demo

# Both databases have their say, also when the first finds fault.
test: .venv/installed-dev
	@status=0; \
	for database in sqlite postgresql; do \
	    echo "== Tests on $$database"; \
	    TEST_DATABASE=$$database $(python) -m pytest -n 3 $(ARGS) || status=1; \
	done; \
	exit $$status

check: .venv/installed-dev
	@.ci/check

messages: .venv/installed-dev
	$(manage) makemessages --locale da --no-obsolete --add-location file --ignore "locale/*" --ignore "tests/*"
	$(manage) compilemessages --locale da --ignore ".venv"

requirements: .venv/installed-dev
	for name in requirements requirements-dev; do \
	    PATH="$$PWD/.venv/bin:$$PATH" uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	        --no-emit-find-links --no-emit-index-url $$name.in --output-file $$name.txt || exit 1; \
	done

# The stamps make a second start quick: nothing is installed until the pins change.
.venv/installed-run: requirements.txt .ci/install
	@.ci/install requirements.txt
	@touch $@

.venv/installed-dev: requirements.txt requirements-dev.txt .ci/install
	@.ci/install requirements.txt requirements-dev.txt
	@touch .venv/installed-run $@
