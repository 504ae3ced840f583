#!/usr/bin/env bash
# Installs the servers that some tests need and pip cannot bring, when this is Debian and we are root; else says what
# will be skipped. Never fails: the tests that need a missing server skip with the reason.
set -u
missing=()
ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing+=(mariadb-server)
command -v chromium >/dev/null || missing+=(chromium)
[ -e /usr/lib/softhsm/libsofthsm2.so ] && command -v softhsm2-util >/dev/null || missing+=(softhsm2)
command -v promtool >/dev/null || missing+=(prometheus)
[ -x /usr/sbin/sshd ] || missing+=(openssh-server)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)
command -v tesseract >/dev/null || missing+=(tesseract-ocr)
ldconfig -p 2>/dev/null | grep -q libGL.so.1 || missing+=(libgl1 libglib2.0-0)
ldconfig -p 2>/dev/null | grep -q libpango-1.0 || missing+=(libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed: ${missing[*]}; the tests that need them are skipped"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# policy-rc.d: installing a server for tests must not start it as a service
guard=/usr/sbin/policy-rc.d
made=no
if [ ! -e "$guard" ]; then printf '#!/bin/sh\nexit 101\n' > "$guard" && chmod +x "$guard" && made=yes; fi
{ timeout 300 apt-get update -qq && timeout 600 apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 \
    || echo "could not install: ${missing[*]}; the tests that need them are skipped"
[ "$made" = yes ] && rm -f "$guard"
exit 0
