#!/bin/sh
# install-python.sh VERSION
#
# Installs the Python of that version from Debian's packages, and makes it the `python` of the user app by a virtual
# environment in $VIRTUAL_ENV. VERSION is an interpreter and the version of the language that it implements, as in
# cpython-3.11.2 or pypy-3.9.16; a bare 3.11.2 means CPython. Debian has one of each: another version is refused.
set -eu

die() {
    echo "install-python.sh: $*" >&2
    exit 1
}

[ "$#" -eq 1 ] || die "expected one argument, for example 3.11.2 or pypy-3.9.16"
case $1 in
    pypy-*) python=pypy3 packages="pypy3 pypy3-dev pypy3-venv" ;;
    cpython-* | [0-9]*) python=python3 packages="python3 python3-dev python3-venv" ;;
    *) die "$1: no such Python; expected [cpython-]VERSION or pypy-VERSION" ;;
esac
wanted=${1##*-}

export DEBIAN_FRONTEND=noninteractive
apt-get update
# One word each.
# shellcheck disable=SC2086
apt-get install --yes --no-install-recommends $packages
apt-get clean
rm -rf /var/lib/apt/lists/*

found=$($python -c 'import platform; print(platform.python_version())')
[ "$found" = "$wanted" ] || die "$1 was asked for, but the $python of this Debian is $found"

su app -c "$python -m venv '$VIRTUAL_ENV'"
