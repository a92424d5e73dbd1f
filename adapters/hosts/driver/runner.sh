# The runner of one step on the host. Before it stand: `rm -f "$0"`; job, um, limit and ok from its
# arguments; what it exports; and then the command as its arguments.
umask 077
# In the environment of all that it starts: no other step of this host has it.
mark=$job.
mkdir "$job/begun" 2>/dev/null || exit 0
trap 'hit=1' HUP INT TERM
: > "$job/ended.pending"
: > "$job/out"
read -r stat < "/proc/$$/stat"
stat=${stat##*) }
boot=$(cat "${POOLROLL_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}")
start=$(set -- $stat; shift 19; echo "$1")
echo "$$ $start $boot" > "$job/who.new"
mv -f "$job/who.new" "$job/who"
# Known before the step begins, also if the power fails.
sync "$job/.." "$job" "$job/who" "$job/begun" 2>/dev/null || sync
cd "${HOME:-/}" 2>/dev/null || cd /

( umask "$um"; trap - HUP INT TERM; export POOLROLL_STEP="$mark"; exec setsid "$@" ) < /dev/null >> "$job/out" 2>&1 &
step=$!
echo "$step" > "$job/step"

# All that it has started: its group, and whoever has left that and still has the mark.
tell() { # SIGNAL
  kill "-$1" -- "-$step" 2>/dev/null
  for one in /proc/[0-9]*; do
    pid=${one#/proc/}
    [ "$pid" = $$ ] || [ "$pid" = "$keeper" ] && continue
    grep -qaF "POOLROLL_STEP=$mark" "$one/environ" 2>/dev/null && kill "-$1" "$pid" 2>/dev/null
  done
}
end_all() {
  keeper=${1:-$keeper}
  tell TERM
  patience=0
  while kill -0 -- "-$step" 2>/dev/null && [ "$patience" -lt 10 ]; do
    patience=$((patience + 1))
    sleep 1
  done
  tell KILL
}
# What a step writes without end is thrown away, but for its two ends.
trim() {
  size=$(wc -c < "$job/out")
  [ "$size" -gt 1048576 ] || return 0
  [ -e "$job/head" ] || head -c 32768 "$job/out" > "$job/head"
  tail -c 65536 "$job/out" > "$job/tail.new" && mv -f "$job/tail.new" "$job/tail"
  : > "$job/out"
}
writers() {
  ls -l /proc/[0-9]*/fd 2>/dev/null | while read -r line; do
    case $line in
      /proc/*) pid=${line#/proc/}; pid=${pid%%/*} ;;
      *" -> $job/out") read -r name < "/proc/$pid/comm" && echo "$name ($pid)" ;;
    esac
  done | sort -u
}
(
  trap - HUP INT TERM
  turns=0
  # Until the step has ended: the signal below may come before this line is reached.
  while sleep 1 && kill -0 "$step" 2>/dev/null; do
    trim
    turns=$((turns + 1))
    if [ "$turns" -eq "$limit" ]; then
      : > "$job/late"
      end_all "$(exec sh -c 'echo $PPID')"
    fi
  done
) &
keeper=$!

code=
while :; do
  hit=
  wait "$step"
  new=$?
  # Told before the signal came: the second time it is not known any more.
  [ -n "$code" ] && [ "$new" = 127 ] || code=$new
  [ -n "$hit" ] || break
done
kill "$keeper" 2>/dev/null
if [ -e "$job/late" ]; then
  end_all
  end=late
else
  case $ok in
    *" $code "*) writers > "$job/left"; [ -s "$job/left" ] || rm -f "$job/left" ;;
    *) kill -0 -- "-$step" 2>/dev/null && end_all ;;
  esac
  end=exit.$code
fi
trim
mv "$job/ended.pending" "$job/ended.$end"
sync "$job" 2>/dev/null || sync
# Who was left behind may write there for as long as it likes.
[ -e "$job/left" ] || exit 0
exec > /dev/null 2>&1
while [ -n "$(writers)" ]; do
  trim
  sleep 10
done
