#!/.assay/toolbox/busybox sh
# score.sh USER[:GROUP] WORKDIR TIMEOUT_SECONDS COMMAND...: runs one scoring function on what an agent left, and is
# the only one who says how it went: in the container's termination message,
#     assay/1 exit=<code> timeout=<0|1> seconds=<decimal>
#     <last non-empty line of stdout, at most 256 bytes>
#     <ends of stdout and stderr, as far as there is room>
# The function may run programs the agent has replaced. It lives in a root, pid, mount and ipc namespace of its own
# (init.sh); this script stays outside, in the image as it was built, and never runs or reads anything of the disk.
# Exit code 0: the message is written, whatever it says. 125: `assay-score: …` says what failed on our side.
#   ASSAY_MESSAGE_BYTES (4000)   the kubelet cuts at 4096, and at 12288 divided by the pod's number of containers
#   ASSAY_KEEP, ASSAY_NESTED_USERNS as in boot.sh
set -u
# shellcheck source=lib.sh
. /.assay/toolbox/lib.sh
# shellcheck source=who.sh
. $T/who.sh
# shellcheck source=report.sh
. $T/report.sh
R=/.assay/run
LOG_BYTES=1048576 # of stdout and of stderr, for `kubectl logs`

# Opened now, while it is surely the kubelet's file: /dev is shared with the function, which may remove the path.
exec 7>>/dev/termination-log

die() {
  echo "assay-score: $*" >&2
  echo "assay-score: $*" >&7
  exit 125
}

# Kills the first process of the function's pid namespace; the kernel kills the others with it.
stop_function() {
  until [ -s $R/pid ]; do $B sleep 0.05; done
  $B kill -9 "$($B cat $R/pid)"
}

now() { $B cut -d ' ' -f 1 /proc/uptime; }

[ $# -ge 4 ] && is_number "$3" && [ "$3" -gt 0 ] || die "usage: score.sh USER[:GROUP] WORKDIR TIMEOUT_SECONDS COMMAND..."
user=$1 workdir=${2:-/} seconds=$3
shift 3
preflight
# From the image's own /etc/passwd: what the agent did to its copy must not decide how it is scored.
who "$user" || die "$why of the image"
set_home
$B mkdir -p $R && $B mount -t tmpfs -o mode=700,size=16m assay $R || die "cannot mount a tmpfs on $R ($NEEDS)"
$B mkfifo $R/stdout.pipe $R/stderr.pipe
keep_last $LOG_BYTES $R/stdout <$R/stdout.pipe 7>&- &
readers=$!
keep_last $LOG_BYTES $R/stderr <$R/stderr.pipe 7>&- &
readers="$readers $!"

begin=$(now)
$B unshare -m -p -i -f $B sh $T/init.sh "$uid" "$gid" "$groups" "$workdir" "$@" \
  </dev/null >$R/stdout.pipe 2>$R/stderr.pipe 7>&- 8>$R/failed &
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
# The pid namespace is gone, so nobody holds the pipes any more.
wait $readers
[ -s $R/pid ] || die "cannot make namespaces: $($B tail -n 1 $R/stderr) ($NEEDS)"
[ ! -s $R/failed ] || die "$($B head -c 2000 $R/failed)"

report "$code" "$timeout" "$begin" "$end" $R/stdout $R/stderr "${ASSAY_MESSAGE_BYTES:-4000}" >$R/message
$B cat $R/stdout
$B cat $R/stderr >&2
$B cat $R/message >&7 || die "cannot write the termination message"
