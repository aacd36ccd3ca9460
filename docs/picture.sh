#!/usr/bin/env bash
# Draws docs/red-verdict.svg anew: what `tollgate check` prints at the end of step 4 of docs/getting-started.md.
set -euo pipefail
cd "$(dirname "$0")/.."
TOLLGATE_DRAW=1 cargo test --locked --test it docs_picture::
