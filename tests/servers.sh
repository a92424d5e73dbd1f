#!/bin/sh
# Installs the programs that the tests run against, where it may; else says exactly what to install.
set -eu

missing=
for program in haproxy nginx prometheus promtool chromium ssh sshd fish ansible-playbook puppet cf-agent; do
    command -v "$program" >/dev/null || missing="$missing $program"
done
[ -n "$missing" ] || exit 0

packages="haproxy nginx prometheus chromium openssh-client openssh-server fish"
packages="$packages ansible-core puppet-agent cfengine3"
if ! command -v apt-get >/dev/null; then
    echo "The tests need on the PATH:$missing" >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root='sudo -n'
else
    echo "The tests need$missing, and this user may not install them. As root:" >&2
    echo "    apt-get update && apt-get install --no-install-recommends $packages" >&2
    exit 1
fi

# The packages would start services that listen for everybody; the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
    trap '$as_root rm -f "$policy"' EXIT
fi

echo "Installing$missing (once)"
apt="env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
$as_root $apt update </dev/null
# shellcheck disable=SC2086
$as_root $apt install -y --no-install-recommends $packages </dev/null

# Agents that were not here before are there to be called: they do nothing by themselves.
for agent in puppet:puppet cf-agent:cfengine3; do
    case "$missing " in
        *" ${agent%:*} "*) $as_root systemctl -q disable "${agent#*:}" 2>/dev/null || true ;;
    esac
done
