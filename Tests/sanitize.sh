#!/bin/sh
# Runs the tests of the Lua bridge under the address sanitizer, leaks included. `swift test` would
# build every module and every test that way, in minutes: this builds those that the bridge is made
# of, and links them with the entry point that SwiftPM gives its own test programs.
set -eu
cd "$(dirname "$0")/.."
scratch=.build-asan

fail() {  # what, log
  cat "$2" >&2
  echo "address sanitizer: $1" >&2
  exit 1
}

mkdir -p $scratch
swift build --sanitize=address --scratch-path $scratch --target ScriptingTests \
  >$scratch/build.log 2>&1 || fail "the build FAILED" $scratch/build.log
built=$(swift build --sanitize=address --scratch-path $scratch --show-bin-path)

cat >$scratch/runner.swift <<'END'
import Testing

@main struct Runner {
  static func main() async { await Testing.__swiftPMEntryPoint() as Never }
}
END
# By the sources there are: a build folder keeps the objects of those that were removed.
set --
for folder in Sources/CEvents Sources/CLuaBridge Sources/Events Sources/Scripting Tests/ScriptingTests; do
  objects=$built/$(basename $folder).build
  for source in $folder/*.c $folder/*.swift; do
    if [ -e "$source" ]; then set -- "$@" "$objects/$(basename "$source").o"; fi
  done
  for module in "$objects"/*.swiftmodule.o; do
    if [ -e "$module" ]; then set -- "$@" "$module"; fi
  done
done
# shellcheck disable=SC2046  # a list of words
swiftc -sanitize=address -parse-as-library -o $scratch/scripting-tests $scratch/runner.swift "$@" \
  $(pkg-config --libs lua5.4) >$scratch/link.log 2>&1 || fail "the link FAILED" $scratch/link.log

status=0
ASAN_OPTIONS=detect_leaks=1:halt_on_error=1 timeout --kill-after=5 120 \
  $scratch/scripting-tests --testing-library swift-testing >$scratch/tests.log 2>&1 || status=$?
[ $status = 0 ] || fail "the tests FAILED (status $status)" $scratch/tests.log
# A program that ran no tests has proved nothing.
passed=$(grep -o 'Test run with [1-9].* passed.*' $scratch/tests.log) ||
  fail "no test RAN" $scratch/tests.log
echo "address sanitizer: $passed"
