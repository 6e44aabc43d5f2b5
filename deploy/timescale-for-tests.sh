#!/usr/bin/env bash
# Makes a small Debian 13 in a folder, with PostgreSQL 17 and TimescaleDB in it, for the tests.
#
# Debian 12 has no TimescaleDB. The mirror is the one this machine's apt uses. Needs root.
set -euo pipefail

root="${1:-/var/cache/roomtone/trixie}"
[ -x "$root/usr/lib/postgresql/17/bin/postgres" ] && [ -e "$root/.whole" ] && exit 0

mirror="$( (cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true) |
    sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' |
    grep -m 1 '/debian/\?$' || true)"
[ -n "$mirror" ] || { echo "no Debian mirror is configured here: TimescaleDB cannot be had" >&2; exit 1; }

command -v debootstrap >/dev/null ||
    { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debootstrap >/dev/null; }
rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase --include=postgresql-17-timescaledb trixie "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2; rm -rf "$root"; exit 1; }
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/doc "$root"/usr/share/locale
touch "$root/.whole"
