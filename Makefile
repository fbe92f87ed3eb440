# Everything a newcomer needs: `make run` and `make test`. Both set up what they lack.
PY := .venv/bin/python
RUNTIME_PARTS := libgl1 libglib2.0-0 libzbar0
TEST_PARTS := chromium libatomic1
PICTURE_PARTS := fonts-wqy-microhei
# The camera's decoder in the page; the build hook (hatch_build.py) fetches it.
WASM := static/vendor/zxing-wasm/dist/reader/zxing_reader.wasm
# 1: missing; a part is there when dpkg says so.
missing = $(strip $(foreach part,$(1),$(if $(shell dpkg-query -W -f='$${Status}' $(part) 2>/dev/null | grep 'ok installed'),,$(part))))

.PHONY: setup setup-test parts test-parts run demo test lint bench catalog pictures lock

setup: parts .venv/.done $(WASM)
setup-test: setup test-parts

.venv/.done: requirements.lock pyproject.toml
	@test -x $(PY) || python3 -m venv .venv || { echo "python3-venv is missing: apt-get install -y python3-venv"; exit 1; }
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

# A build may go on without npm: then this says so, and the next `make setup` tries again.
$(WASM): package-lock.json hatch_build.py | .venv/.done
	@test -f $@ && test $@ -nt package-lock.json || $(PY) -m pip install -q --disable-pip-version-check --no-deps -e .
	@test -f $@ && touch $@ || echo "zxing-wasm is not fetched (npm unreachable): the server reads the frames. Run 'make setup' again."

parts: ; @$(call install,$(call missing,$(RUNTIME_PARTS)),the camera and the second barcode reader)
test-parts: ; @$(call install,$(call missing,$(TEST_PARTS)),the browser tests)

# 1: Debian parts to install, 2: what they are for. As root installs them; else says how. Never fails.
define install
	if [ -z "$(1)" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing $(1) for $(2)"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; } \
		|| echo "Could not install $(1), needed for $(2). Try: apt-get install -y --no-install-recommends $(1)"; \
	else echo "Not installed: $(1), needed for $(2). As root: apt-get install -y --no-install-recommends $(1)"; fi
endef

run: setup
	$(PY) -m traceability serve --demo

demo: setup
	$(PY) -m traceability demo --headless --out demo-out

test: setup-test
	$(PY) -m pytest -n auto --dist worksteal

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

bench: setup
	$(PY) -m benchmarks

catalog: setup
	$(PY) -m traceability.web.catalog

pictures: setup-test
	@$(call install,$(call missing,$(PICTURE_PARTS)),the Chinese in the pictures)
	$(PY) docs/take_pictures.py

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml --group dev -o requirements.lock
