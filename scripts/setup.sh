# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by the scripts next to it. Installs what swaprace needs and the machine lacks, and prints what it installs
# first. Returns at once when nothing is missing.

# Packages, and what shows that they are there, for machines without dpkg.
setup_packages=()
setup_programs=()
setup_read_list() { # file
    local package programs
    while read -r package programs; do
        setup_packages+=("$package")
        # shellcheck disable=SC2206 # words are what is wanted
        setup_programs+=($programs)
    done < <(grep -v '^#' "$1")
}
setup_read_list "${BASH_SOURCE[0]%/*}/packages.txt"

setup_fail() { # message
    printf 'swaprace: %s\n' "$1" >&2
    exit 128
}

setup_debian_packages() {
    local missing=() package installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${setup_packages[@]}" 2>/dev/null || true)
    for package in "${setup_packages[@]}"; do
        grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
    done
    local lists=(/var/lib/apt/lists/*Packages*)
    if [ "${#missing[@]}" -eq 0 ] && [ -e "${lists[0]}" ]; then return; fi
    local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    [ "${#missing[@]}" -gt 0 ] || command='apt-get update'
    if [ "$(id -u)" -ne 0 ]; then
        setup_fail "this machine lacks packages. Ask an administrator to run: $command"
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
        [ -e "$program" ] || PATH="$PATH:/sbin:/usr/sbin" command -v "$program" >/dev/null || missing+=("$program")
    done
    [ "${#missing[@]}" -eq 0 ] && return
    printf 'swaprace: not a Debian system, so nothing was installed. These programs and files were not found\n' >&2
    printf '(with "command -v" in PATH, /sbin and /usr/sbin):\n' >&2
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

# Installs npm packages when package-lock.json has changed since. One at a time, and next to what is there: a harness
# that runs meanwhile keeps its packages until the new ones take their place.
setup_npm() { # root
    local stamp="$1/node_modules/.swaprace-lock"
    cmp -s "$1/package-lock.json" "$stamp" && return
    (
        flock 9 || setup_fail "cannot lock $1/.npm.lock"
        # Another process may have installed them while this one waited.
        cmp -s "$1/package-lock.json" "$stamp" && exit 0
        printf 'swaprace: installing npm packages. Running: npm ci --ignore-scripts\n' >&2
        new="$1/.npm-new"
        rm -rf "$new"
        mkdir "$new" && cp "$1/package.json" "$1/package-lock.json" "$new/" || setup_fail "cannot write $new"
        (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund >&2) || setup_fail 'npm ci failed (see above)'
        cp "$new/package-lock.json" "$new/node_modules/.swaprace-lock" || setup_fail "cannot write $new"
        if [ -e "$1/node_modules" ]; then
            mv "$1/node_modules" "$new/old" || setup_fail "cannot replace $1/node_modules"
        fi
        mv "$new/node_modules" "$1/node_modules" || setup_fail "cannot replace $1/node_modules"
        rm -rf "$new"
    ) 9>"$1/.npm.lock" || exit 128
}

setup_all() { # root
    if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
        setup_debian_packages
    else
        setup_other_system
    fi
    if [ ! -e "$1/node_modules/.swaprace-lock" ]; then setup_node; fi
    setup_npm "$1"
}
