#!/bin/sh
# Installs the Debian packages named that are missing: as root or with sudo, else says what to run.
set -eu
missing=""
for package in "$@"; do
  case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
    installed) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0
install="apt-get install --yes --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
  root=""
elif sudo -n true 2>/dev/null || [ -t 0 ] && command -v sudo >/dev/null; then
  root=sudo
else
  echo "missing packages; as root, run: $install" >&2
  exit 3
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$root apt-get update --quiet=2 || true  # an old list may do
exec $root $install --quiet=2
