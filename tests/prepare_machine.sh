#!/bin/sh
# What the browser tests need and pip can't bring: Chromium, and a font with Chinese characters.
set -eu

has_font() {
    ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ]
}

command -v chromium >/dev/null 2>&1 && has_font && exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root="no"
fi
if [ "$as_root" = no ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The browser tests need Chromium and a Chinese font, which this user can't install here." >&2
    echo "On Debian and Ubuntu, as root:  apt-get install chromium fonts-noto-cjk" >&2
    exit 1
fi

echo "Installing Chromium and a Chinese font for the browser tests …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    # shellcheck disable=SC2086  # as_root is empty or two words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk
}
# A fresh image has no package lists; an old one has stale ones.
if ! { $as_root apt-get update -q && install; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "apt-get could not install them; what it said stands above." >&2
    exit 1
fi
