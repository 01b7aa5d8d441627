#!/.assay/toolbox/busybox sh
# shell.sh USER[:GROUP] WORKDIR [COMMAND...]: what /.assay/shell in a booted devbox runs, for
# `kubectl exec -it POD -- /.assay/shell`: COMMAND, else a shell, as the devbox's user without the boot's capabilities.
# Not a login shell: /etc/profile would replace the image's PATH.
set -u
T=/.assay/toolbox
B=$T/busybox
# shellcheck source=who.sh
. $T/who.sh

user=$1 workdir=$2
shift 2
if [ $# -eq 0 ]; then
  line=$(entry /etc/passwd "${user%%:*}")
  for shell in "${line##*:}" /bin/bash /usr/bin/bash /bin/sh $T/bash; do
    case $shell in */nologin | */false) continue ;; esac # of users whom nobody was meant to be
    [ ! -f "$shell" ] || [ ! -x "$shell" ] || break
  done
  export SHELL="$shell"
  set -- "$shell"
fi
exec $B sh $T/enter.sh "$user" "$workdir" "$@"
