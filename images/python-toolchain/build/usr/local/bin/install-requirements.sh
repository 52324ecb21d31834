#!/bin/sh
# install-requirements.sh FILE
#
# Installs what FILE lists, in pip's format, into $VIRTUAL_ENV. Run it as the user app, who owns that folder.
# Each ${NAME} in FILE becomes the value of that environment variable, which a build argument is.
set -eu

[ "$#" -eq 1 ] || {
    echo "install-requirements.sh: expected one argument, a requirements file" >&2
    exit 1
}

"$VIRTUAL_ENV/bin/pip" install --no-cache-dir --disable-pip-version-check --requirement "$1"
"$VIRTUAL_ENV/bin/pip" check
