#!/.assay/toolbox/busybox sh
# Sourced by score.sh: the function lives in a root, pid, mount and ipc namespace of its own (init.sh), in a pod with a
# user namespace.
# shellcheck disable=SC2154 # user and workdir are score.sh's, uid, gid, groups and why who's
R=/.assay/run
RESULTS=/.assay/results

make_run() {
  preflight
  # From the image's own /etc/passwd: what the agent did to its copy must not decide how it is scored.
  who "$user" || die "$why of the image"
  $B mkdir -p $R $RESULTS && $B mount -t tmpfs -o mode=700,size=16m assay $R || die "cannot mount a tmpfs on $R ($NEEDS)"
  $B mount -t tmpfs -o "mode=700,size=4m,nosuid,nodev,noexec,uid=$uid,gid=$gid" results $RESULTS || die "cannot mount a tmpfs on $RESULTS"
}

start_function() {
  exec $B unshare -m -p -i -f $B sh $T/init.sh "$uid" "$gid" "$groups" "$workdir" "$@"
}

# Kills the first process of the function's pid namespace; the kernel kills the others with it.
stop_function() {
  until [ -s $R/pid ]; do $B sleep 0.05; done
  $B kill -9 "$($B cat $R/pid)"
}

# The pid namespace is gone with its first process.
end_function() {
  [ -s $R/pid ] || die "cannot make namespaces: $($B tail -n 1 $R/stderr) ($NEEDS)"
}

say() { $B cat >&7; }
