#!/.assay/toolbox/busybox sh
# Sourced by score.sh: the function runs in the container itself, which has no privileges. Its copy of the root
# file system is mounted at the top-level directories, so /etc and all programs are the agent's; copydisk.sh left
# what it saw of the image in $S.
# shellcheck disable=SC2154 # user, workdir, function and readers are score.sh's, why is who's
R=/.assay/scratch/run
RESULTS=/.assay/scratch/results

make_run() {
  # For users other than root; what root writes there is overwritten, see say.
  $B chmod 600 /dev/termination-log || die "cannot protect the termination message: the container must start as uid 0"
  # shellcheck disable=SC2034 # home is set_home's
  if [ -e $S/user ]; then
    read -r uid gid groups home <$S/user
  else # only where the image is not covered by a copy
    who "$user" || die "$why of the image"
  fi
  $B rm -rf $R $RESULTS && $B mkdir -m 700 $R $RESULTS && $B chown "$uid:$gid" $RESULTS || die "cannot write to the scratch space $S"
}

start_function() {
  if [ "$ASSAY_DEVBOX" != / ]; then
    unset ASSAY_RESTORE
    $B sh $T/pristine.sh / >$S/pristine.tar
  fi
  [ -e $S/pristine.tar ] || { echo "there is no $S/pristine.tar: copydisk.sh has not run" >&8; exit 125; }
  exec $B sh $T/run.sh "$uid" "$gid" "$groups" "$workdir" "$@" 9<$S/pristine.tar
}

stop_function() { $B kill -9 "$function" 2>/dev/null; }

# Kills every process but this one, the first of the container, and the readers of the function's output.
# All are stopped before, so that none can start another meanwhile.
end_function() {
  local stat pid
  kill -STOP -1
  for stat in /proc/[0-9]*/stat; do
    pid=${stat#/proc/} pid=${pid%/stat}
    stat=$($B cat "$stat" 2>/dev/null) || continue
    set -- ${stat##*)} # state ppid group session; the name before may hold anything
    case " $readers " in *" ${4:-0} "*) continue ;; esac
    [ "$pid" = $$ ] || kill -9 "$pid" 2>/dev/null
  done
  kill -CONT -1
}

# Over whatever a function that runs as root may have written there.
say() { $B cat >/dev/termination-log; }
