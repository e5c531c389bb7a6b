#!/bin/sh
# Installs what building, testing and the demo need on Debian 12. As root, else through sudo.
set -eu
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}
as_root apt-get update
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools clang-22 lld-22 libclang-rt-22-dev ninja-build \
  libfmt-dev libboost-program-options-dev \
  g++ cmake libjpeg62-turbo-dev libpng-dev libxxhash-dev zlib1g-dev nlohmann-json3-dev libgtest-dev libbenchmark-dev \
  dataset-fashion-mnist python3 python3-pil python3-numpy
