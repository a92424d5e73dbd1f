"""Whether a host needs a reboot, as its distribution says."""

from typing import Final

NEEDED: Final = r"""
kernel() {
  newest=$(ls /boot 2> /dev/null | sed -n 's/^vmlinuz-//p' | sort -V | tail -n 1)
  [ -n "$newest" ] && [ "$newest" != "$(uname -r)" ] || return 1
  echo "kernel $newest is installed, $(uname -r) runs"
}
for file in /run/reboot-required /var/run/reboot-required; do
  if [ -e "$file" ]; then
    echo "$file is there: $(tr '\n' ' ' < "$file.pkgs" 2> /dev/null)"
    exit 0
  fi
done
# Its own system, or a tool that somebody has installed on another one.
if [ "$(dpkg-query -W -f '${db:Status-Status}' dpkg 2> /dev/null)" = installed ]; then
  kernel || exit 1
  exit 0
fi
asks() {
  said=$("$@" 2>&1)
  case $? in
    0) exit 1 ;;
    1) echo "$* says so"; exit 0 ;;
    *) echo "$*: $said"; exit 2 ;;
  esac
}
if command -v needs-restarting > /dev/null; then
  asks needs-restarting -r
elif dnf needs-restarting --help > /dev/null 2>&1; then
  asks dnf -q needs-restarting -r
fi
if command -v zypper > /dev/null; then
  zypper --non-interactive needs-rebooting > /dev/null 2>&1
  case $? in
    0) exit 1 ;;
    102) echo 'zypper needs-rebooting says so'; exit 0 ;;
  esac
fi
if command -v rpm > /dev/null; then
  kernel || exit 1
  exit 0
fi
echo 'this system does not say whether it needs a reboot: write reboot.needed'
exit 2
"""
"""For /bin/sh. Exit code 0: needed; 1: not; 2: not known. Sources: needs-restarting(1) of
dnf-utils, zypper(8), and /run/reboot-required of Debian's and Ubuntu's packages."""
