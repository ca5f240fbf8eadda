#!/bin/sh
# Makes the Python that tests and benchmarks compare gRPC with, once: grpcio from PyPI, which
# Debian has without reflection. Prints its path.
set -eu
cd "$(dirname "$0")/.."
folder=.build/test-python
if ! [ -e $folder/made ]; then
  python3 -m venv --clear $folder >&2
  $folder/bin/pip install --quiet --disable-pip-version-check \
    grpcio==1.85.1 grpcio-reflection==1.85.1 >&2
  touch $folder/made
fi
echo "$PWD/$folder/bin/python"
