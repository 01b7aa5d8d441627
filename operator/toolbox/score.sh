#!/.assay/toolbox/busybox sh
# score.sh USER[:GROUP] WORKDIR TIMEOUT_SECONDS COMMAND...: runs one scoring function on what an agent left, and is
# the only one who says how it went: in the container's termination message,
#     assay/2 exit=<code> timeout=<0|1> seconds=<decimal> [disk=<percent>] [score=<decimal>]
#             [junit=missing|invalid|too-large|empty] [result=too-large]          (one line)
#     <last non-empty line of stdout, at most 256 bytes>
#     <result.json as one line>
#     <the tests of the report, ends of stdout and stderr, as far as there is room>
# The function may run programs the agent has replaced. This script stays outside, in the image as it was built, and
# runs nothing of the disk. How the function is kept apart: isolated.sh; without user namespaces, inplace.sh.
# Exit code 0: the message is written, whatever it says. 125: `assay-score: …` says what failed on our side.
#   ASSAY_ROOTFS=Overlay|Copy    Copy: the function's copy of the root is mounted already, there is no privilege
#   ASSAY_ROOT=Merged|Clean      Clean: the function's root is the image as it was built, the agent's is at /devbox
#   ASSAY_IMAGE (/)              where the environment's image is, if the function brings its own
#   ASSAY_ENVIRONMENT_WORKDIR    the environment's working directory, if it is not WORKDIR
#   ASSAY_RESTORE                paths in WORKDIR, a line each, to be put back as they are in the image (Merged)
#   ASSAY_JUNIT                  a JUnit report in the results to score by; ASSAY_ALL_OR_NOTHING=1, see junit.sh
#   ASSAY_MESSAGE_BYTES (4000)   the kubelet cuts at 4096, and at 12288 divided by the pod's number of containers
#   ASSAY_CLOSED, ASSAY_NESTED_USERNS as in boot.sh
# /.assay/tests: files for WORKDIR; /.assay/expect/{fail-to-pass,pass-to-pass}: names of tests, a line each.
# The function has ASSAY_RESULTS, ASSAY_DEVBOX and ASSAY_DEVBOX_WORKDIR, and none of the above.
set -u
# shellcheck source=lib.sh
. /.assay/toolbox/lib.sh
# shellcheck source=who.sh
. $T/who.sh
# shellcheck source=report.sh
. $T/report.sh
# shellcheck source=results.sh
. $T/results.sh
# shellcheck source=junit.sh
. $T/junit.sh
S=/.assay/scratch
LOG_BYTES=1048576 # of stdout and of stderr, for `kubectl logs`

# Opened now, while it is surely the kubelet's file: /dev is shared with the function, which may remove the path.
exec 7>>/dev/termination-log

die() {
  echo "assay-score: $*" >&2
  echo "assay-score: $*" >&7
  exit 125
}

now() { $B cut -d ' ' -f 1 /proc/uptime; }

[ $# -ge 4 ] && is_number "$3" && [ "$3" -gt 0 ] || die "usage: score.sh USER[:GROUP] WORKDIR TIMEOUT_SECONDS COMMAND..."
user=$1 workdir=${2:-/} seconds=$3
shift 3
# Both define make_run (the directories R and RESULTS; uid, gid, groups and home), start_function (becomes it),
# stop_function and end_function (after which nothing that the function started runs).
case ${ASSAY_ROOTFS:-Overlay} in
  Overlay) . $T/isolated.sh ;;
  Copy) . $T/inplace.sh ;;
  *) die "ASSAY_ROOTFS is $ASSAY_ROOTFS: Overlay or Copy" ;;
esac
case ${ASSAY_ROOT:-Merged} in
  Merged) ASSAY_DEVBOX=/ ASSAY_DEVBOX_WORKDIR=${ASSAY_ENVIRONMENT_WORKDIR:-$workdir} ;;
  Clean) ASSAY_DEVBOX=/devbox ASSAY_DEVBOX_WORKDIR=/devbox/${ASSAY_ENVIRONMENT_WORKDIR:-$workdir} ;;
  *) die "ASSAY_ROOT is $ASSAY_ROOT: Merged or Clean" ;;
esac
ASSAY_DEVBOX_WORKDIR=$(echo "$ASSAY_DEVBOX_WORKDIR" | $B tr -s /)
case /${ASSAY_JUNIT:-}/ in */../*) die "the report's path leads out of the results: $ASSAY_JUNIT" ;; esac
case $(echo "${ASSAY_RESTORE:-}" | $B sed 's|.*|/&/|') in *//?* | */../*) die "paths to restore are relative, without ..: $ASSAY_RESTORE" ;; esac

watch_network
make_run
set_home
disk=$(disk_percent)
export ASSAY_DEVBOX ASSAY_DEVBOX_WORKDIR ASSAY_RESULTS=$RESULTS
$B mkfifo $R/stdout.pipe $R/stderr.pipe
# In a session of their own: so inplace.sh can tell them from what the function started.
$B setsid $B sh -c ". $T/report.sh; keep_last $LOG_BYTES $R/stdout <$R/stdout.pipe" 7>&- &
readers=$!
$B setsid $B sh -c ". $T/report.sh; keep_last $LOG_BYTES $R/stderr <$R/stderr.pipe" 7>&- &
readers="$readers $!"

pass_network
begin=$(now)
start_function "$@" </dev/null >$R/stdout.pipe 2>$R/stderr.pipe 7>&- 8>$R/failed &
function=$!
trap 'stop_function; die "stopped before the function had ended: the pod was deleted or passed its deadline"' TERM
{ $B sleep "$seconds"; true >$R/timeout; stop_function; } >/dev/null 2>&1 7>&- &
watchdog=$!
wait $function
code=$?
end=$(now)
kill $watchdog 2>/dev/null
timeout=0
[ ! -e $R/timeout ] || timeout=1 code=137
end_function
wait $readers # nobody holds the pipes any more
[ ! -s $R/failed ] || die "$($B head -c 2000 $R/failed)"

bytes=${ASSAY_MESSAGE_BYTES:-4000}
fields="${disk:+ disk=$disk}" tests=
if [ -n "${ASSAY_JUNIT:-}" ]; then
  if why=$(take "$ASSAY_JUNIT" $JUNIT_BYTES $R/junit.xml); then
    junit $R/junit.xml /.assay/expect "${ASSAY_ALL_OR_NOTHING:-}" >$R/junit && [ -s $R/junit ] || die "cannot read the report: out of memory?"
    fields="$fields $($B head -n 1 $R/junit)"
    tests=$($B sed 1d $R/junit | cut_head $((bytes / 4)))
  else
    fields="$fields junit=$why"
  fi
fi
result=
if why=$(take result.json "$((bytes / 3 < RESULT_BYTES ? bytes / 3 : RESULT_BYTES))" $R/result.json); then
  result=$(one_line <$R/result.json)
elif [ "$why" = too-large ]; then
  fields="$fields result=$why"
fi

report "$(header "$code" "$timeout" "$begin" "$end")$fields" "$result" "$tests" $R/stdout $R/stderr "$bytes" >$R/message
$B cat $R/stdout
$B cat $R/stderr >&2
say <$R/message || die "cannot write the termination message"
