#!/bin/sh
# Makes the Python with labgrid that benchmarks compare commands with, once. Prints its path.
set -eu
cd "$(dirname "$0")/.."
folder=.build/bench-labgrid
if ! [ -e $folder/made ]; then
  python3 -m venv --clear $folder >&2
  $folder/bin/pip install --quiet --disable-pip-version-check labgrid==26.0.1 >&2
  touch $folder/made
fi
echo "$PWD/$folder/bin/python"
