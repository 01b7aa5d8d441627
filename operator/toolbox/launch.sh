#!/.assay/toolbox/busybox sh
# launch.sh USER[:GROUP] WORKDIR COMMAND...: runs the launch commands, then becomes COMMAND. What they leave running
# stays. In Overlay mode boot.sh becomes this, as uid 0 with SYS_ADMIN: that keeps the launch commands away from
# fd 9, the termination message; they run, as COMMAND does, through enter.sh.
# launch.sh --here COMMAND...: the same as the user and in the directory we are in, without protection (Copy mode).
# When the launch commands fail: exit code 125 and a line `assay-launch: …` in the termination message.
set -u
T=/.assay/toolbox
B=$T/busybox
F=/.assay/files/launch

launch_failed() {
  echo "assay-launch: the launch commands failed with exit code $1, see the log" >&2
  echo "assay-launch: the launch commands failed with exit code $1, see the log" >&9
  exit 125
}

if [ "${1:-}" = --here ]; then
  shift
  exec 9>>/dev/termination-log
  $T/environ back -- $T/environ bash -- $T/bash -e $F 9>&- || launch_failed $?
  exec 9>&-
  exec $T/environ back -- "$@"
fi
user=$1 workdir=$2
shift 2
$B sh $T/enter.sh "$user" "$workdir" $T/environ bash -- $T/bash -e $F 9>&- || launch_failed $?
exec 9>&-
exec $B sh $T/enter.sh "$user" "$workdir" "$@"
