# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by the scripts beside it: brings in whatever swaprace needs and the machine lacks. Says what it installs
# before it does. Does nothing, and quickly, when nothing is missing.

setup_packages=(qemu-system-x86 gcc libc6-dev make flex bison bc libelf-dev binutils perl patch xz-utils e2fsprogs util-linux)
# What each package is wanted for, by a program that shows it is there; for machines without dpkg.
setup_programs=(qemu-system-x86_64 gcc make flex bison bc ld perl patch xz mke2fs setpriv addr2line readelf objcopy apt-get dpkg-deb)

setup_fail() { # message
    printf 'swaprace: %s\n' "$1" >&2
    exit 128
}

setup_debian_packages() {
    local missing=() package
    while read -r package; do missing+=("$package"); done < <(
        comm -23 <(printf '%s\n' "${setup_packages[@]}" | sort) \
            <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${setup_packages[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
    )
    local lists=(/var/lib/apt/lists/*Packages*)
    if [ "${#missing[@]}" -eq 0 ] && [ -e "${lists[0]}" ]; then return; fi
    local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    [ "${#missing[@]}" -gt 0 ] || command='apt-get update'
    if [ "$(id -u)" -ne 0 ]; then
        setup_fail "this machine lacks what swaprace needs. Ask an administrator to run: $command"
    fi
    printf 'swaprace: this machine lacks %s. Running: %s\n' "${missing[*]:-the package lists}" "$command" >&2
    DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 || setup_fail 'apt-get update failed (see above)'
    [ "${#missing[@]}" -eq 0 ] && return
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 ||
        setup_fail "apt-get install failed (see above)"
}

setup_other_system() {
    local missing=() program
    for program in "${setup_programs[@]}"; do
        PATH="$PATH:/sbin:/usr/sbin" command -v "$program" >/dev/null || missing+=("$program")
    done
    [ "${#missing[@]}" -eq 0 ] && return
    printf 'swaprace: not a Debian system, so nothing was installed. These programs are needed and were not found in\n' >&2
    printf 'PATH, /sbin or /usr/sbin (looked for with "command -v"):\n' >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 128
}

setup_node() {
    command -v node >/dev/null || setup_fail 'no "node" in PATH. Install Node.js 20 or later'
    command -v npm >/dev/null || setup_fail 'no "npm" in PATH. Install the npm of Node.js 20 or later'
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    [ "$major" -ge 20 ] || setup_fail "Node.js $(node --version) is too old. Install version 20 or later"
}

# npm's packages, when the lock file is not the one they were installed from.
setup_npm() { # root
    local stamp="$1/node_modules/.swaprace-lock"
    cmp -s "$1/package-lock.json" "$stamp" && return
    printf 'swaprace: installing npm packages. Running: npm ci --ignore-scripts\n' >&2
    (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund >&2) || setup_fail 'npm ci failed (see above)'
    cp "$1/package-lock.json" "$stamp"
}

setup_all() { # root
    if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then setup_debian_packages; else setup_other_system; fi
    if [ ! -e "$1/node_modules/.swaprace-lock" ]; then setup_node; fi
    setup_npm "$1"
}
