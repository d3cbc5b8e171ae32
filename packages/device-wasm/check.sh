#!/usr/bin/env bash
# Rebuilds the committed WebAssembly modules and compares them byte by byte. On Debian it installs the compiler where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v clang-19 wasm-ld-19 > /dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq clang-19 lld-19
fi
clang-19 --version | head -1
node build.mjs --check
