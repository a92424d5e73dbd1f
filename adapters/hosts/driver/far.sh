# What runs on the host, by any POSIX shell. What stands before it (see far.py) sets:
#   nonce   begins each line that is for us
#   mode    step, begin, look or ask
#   key     of the job; folder and unit are named after it
#   joins   1: begin nothing
#   limit   seconds for the step;  ok: exit codes that are a success, with blanks around each
#   kin     part of the key that all steps of members of that name have
#   places  lines of which steps of the same member have one in common; empty: any of that name
#   runner  a function that prints the script of the runner

say() { printf '%s %s\n' "$nonce" "$*"; }
nap() { sleep 0.2 2>/dev/null || sleep 1; }
boot() { cat "${POOLROLL_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}"; }

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
um=$(umask)
umask 077
steps=${POOLROLL_STEPS:-}
is_root=0
[ "$(id -u)" = 0 ] && is_root=1
if [ -n "$steps" ]; then :
# Below no folder that somebody else than root may own, as poolroll's own state.
elif [ "$is_root" = 1 ]; then steps=/var/lib/poolroll-steps
else steps=${XDG_STATE_HOME:-$HOME/.local/state}/poolroll/steps
fi
job=$steps/$key

# --- is it over? -----------------------------------------------------------------------------

ended() {
  for end in "$job"/ended.*; do
    [ -e "$end" ] && [ "$end" != "$job/ended.pending" ] && return 0
  done
  return 1
}

# The start of a process, which tells it from a later one with the same number.
start_of() { # PID
  stat=
  { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  set -- $stat
  case $1 in Z | X) return 1 ;; esac
  shift 19
  echo "$1"
}

# Whether the runner lives, or what it has started.
runs() {
  pid= start= was= step=
  { read -r pid start was < "$job/who"; } 2>/dev/null || return 2
  [ "$was" = "$(boot)" ] || return 3
  [ "$(start_of "$pid")" = "$start" ] && return 0
  { read -r step < "$job/step"; } 2>/dev/null && kill -0 -- "-$step" 2>/dev/null && return 0
  # Whoever has left the group still has the mark of the step; and so has all of it where the runner
  # was killed before it noted the group.
  grep -qsaF "POOLROLL_STEP=$job." /proc/[0-9]*/environ 2>/dev/null && return 0
  return 1
}

wait_for_end() {
  turns=0 unknown=0
  until ended; do
    runs
    case $? in
      0) unknown=0 ;;
      2) # begun a moment ago, or killed in it
        unknown=$((unknown + 1))
        [ "$unknown" -lt 25 ] || { ended || lost 'its runner was killed before it noted who it is'; return; } ;;
      3) ended || gone=restarted; return ;;
      *) # what it started may not have its mark yet
        nap
        ended && return
        runs
        [ $? != 1 ] || { ended || lost 'its runner was killed'; return; } ;;
    esac
    turns=$((turns + 1))
    [ $((turns % 15)) = 0 ] && say waits
    if [ "$turns" -lt 25 ]; then nap; else sleep 1; fi
  done
}

lost() { gone="lost $*"; }

# --- beginning -------------------------------------------------------------------------------

is_begun() { [ -d "$job/begun" ]; }

# Any number of runners may be begun: the first that makes `begun` runs the step.
begin() {
  why=$({ mkdir -p "$job" && keep_places; } 2>&1) || { refuse "the records of steps cannot be kept: $why"; return 1; }
  command -v setsid > /dev/null || { refuse 'it has no setsid (util-linux)'; return 1; }
  earlier && return 1
  find "$steps" -path "$steps/*/ended.*" -mtime +30 2>/dev/null | while read -r old; do
    [ "${old##*/}" = ended.pending ] || rm -rf "${old%/*}"
  done
  script=$job/run.$nonce
  runner > "$script" 2>/dev/null || { refuse "$script cannot be written"; return 1; }
  set -- /bin/sh "$script" "$job" "$um" "$limit" "$ok"
  if ! unit "$@"; then
    # No unit, so a session of its own. If there is one all the same, the later of them ends.
    setsid "$@" < /dev/null > /dev/null 2>&1 &
  fi
  turns=0
  until is_begun; do
    turns=$((turns + 1))
    if [ "$turns" -gt 150 ] && mkdir "$job/begun" 2>/dev/null; then
      # Taken by us, so that no runner that comes late can begin it.
      : > "$job/ended.never"
      return 0
    fi
    nap
  done
}

# A unit is out of reach of whatever happens to sshd and its sessions.
unit() { # COMMAND
  [ "$is_root" = 1 ] && [ -d "${POOLROLL_SYSTEMD:-/run/systemd/system}" ] || return 1
  command -v systemd-run > /dev/null || return 1
  name=poolroll-$(printf %s "$key" | tr -c 'A-Za-z0-9_.-' -)
  systemd-run --quiet --collect --unit="$name" --description="poolroll $key" \
    --property=KillMode=process --setenv=PATH="$PATH" --setenv=HOME="${HOME:-/}" \
    "$@" < /dev/null > /dev/null 2>&1
}

keep_places() { [ -z "$places" ] || printf '%s\n' "$places" > "$job/places"; }

# Of the same member as `job`, as far as both tell; another pool may use its name.
is_mine() { [ -z "$places" ] || [ ! -s "$job/places" ] || grep -qxFf "$mine/places" "$job/places"; }

# An earlier step of the member, of which nobody knows that it has ended.
earlier() {
  mine=$job
  for job in "$steps"/*"$kin"*; do
    if [ "$job" != "$mine" ] && is_mine && is_begun && ! ended && runs; then
      refuse "an earlier step still runs there (${job##*/}); wait for its end, or end it"
      job=$mine
      return 0
    fi
  done
  job=$mine
  return 1
}

refuse() { say "refused $*"; }

# --- telling ---------------------------------------------------------------------------------

# The whole output, or its two ends.
output() {
  if [ -e "$job/head" ]; then
    cat "$job/head"
    printf '\n[... bytes left out ...]\n'
    cat "$job/tail" "$job/out" 2>/dev/null | tail -c 65536
  else
    cat "$job/out" 2>/dev/null
  fi
}

tell_end() {
  how=
  if [ -n "$gone" ]; then how=$gone
  else
    how=${end##*/ended.}
    case $how in exit.*) how="exit ${how#exit.}" ;; esac
  fi
  # A line for each process that it left behind, and that writes to its output.
  if [ -e "$job/left" ]; then
    while read -r line; do say "left $line"; done < "$job/left"
  fi
  say "ended $how"
  output
}
finish() {
  printf '\n'
  say over
  exit 0
}

# --- what is asked for -----------------------------------------------------------------------

is_there() {
  say "here $(boot) $(uname -r)"
  if is_begun; then
    was=
    until { read -r pid start was < "$job/who"; } 2>/dev/null || ended; do
      nap; late=$((${late:-0} + 1)); [ "$late" -lt 25 ] || break
    done
    say "begun $was"
  fi
}

system() {
  command -v systemctl > /dev/null || { echo unknown; return; }
  state=$(systemctl is-system-running 2>/dev/null)
  echo "${state:-unknown}"
}

gone=
say hello
case $mode in
  ask)
    say asked
    ( umask "$um"; cd 2>/dev/null; exec "$@" ) < /dev/null 2>&1
    code=$?
    printf '\n'
    say "ended exit $code"
    say over
    ;;
  look)
    is_there
    say "system $(system)"
    if is_begun && ended; then tell_end; fi
    finish
    ;;
  *)
    if ! is_begun; then
      if [ "$joins" = 1 ]; then
        say never
        finish
      fi
      begin || finish
    fi
    is_there
    if [ "$mode" = step ]; then
      wait_for_end
      tell_end
    fi
    finish
    ;;
esac
