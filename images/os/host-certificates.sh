#!/bin/sh
# host-certificates.sh BUNDLE OUT
#
# Writes to OUT the certificates that an administrator added to this host: those in BUNDLE (or $SSL_CERT_FILE) that did
# not come with the distribution, and those in the folders that Fedora and SUSE keep for additions.
# On most hosts there are none, and OUT is empty.
set -eu

bundle=${SSL_CERT_FILE:-$1}
out=$2
shipped=/usr/share/ca-certificates

{
    # Without what was shipped, additions cannot be told from it: then the bundle is left out.
    if [ -d "$shipped" ] && [ -f "$bundle" ]; then
        find "$shipped" -name '*.crt' -exec cat {} +
        echo "--- added ---"
        cat "$bundle"
    fi
    echo "--- added ---"
    for file in /etc/pki/ca-trust/source/anchors/* /etc/pki/trust/anchors/*; do
        [ ! -f "$file" ] || cat "$file"
    done
} | awk '
    # Certificates are compared by their base64 text. What stands around one is left out.
    /--- added ---/ { added = 1 }
    /-----BEGIN CERTIFICATE-----/ { body = ""; inside = 1; next }
    /-----END CERTIFICATE-----/ {
        inside = 0
        if (added && !(body in seen))
            printf "-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n", body
        seen[body] = 1
    }
    inside { gsub(/[ \t\r]/, ""); body = body $0 "\n" }
' >"$out"
