#!/bin/sh
# Makes the Python that tests and benchmarks compare with, once: grpcio from PyPI, which Debian has
# without reflection, and pexpect. Prints its path.
set -eu
cd "$(dirname "$0")/.."
folder=.build/test-python
made=$folder/made-$(cksum <Tests/python.sh | cut -d ' ' -f 1)
if ! [ -e "$made" ]; then
  python3 -m venv --clear $folder >&2
  $folder/bin/pip install --quiet --disable-pip-version-check \
    grpcio==1.85.1 grpcio-reflection==1.85.1 pexpect==4.9.0 >&2
  touch "$made"
fi
echo "$PWD/$folder/bin/python"
