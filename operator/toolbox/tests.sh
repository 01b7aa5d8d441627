#!/.assay/toolbox/busybox sh
# tests.sh WORKDIR UID:GID: in the function's root, with nothing of the agent's running: removes the paths in
# ASSAY_RESTORE and unpacks what the image has of them (an archive on stdin), then copies the files of /.assay/tests.
# Whatever the agent left at these paths, or on the way to them, gives way. Prints what failed.
set -u
B=/.assay/toolbox/busybox
TESTS=/.assay/tests
workdir=$1 owner=$2

# real_dir PATH: makes it a directory, without symlinks on the way from here.
real_dir() {
  local rest=$1/ at=.
  while [ -n "$rest" ]; do
    at=$at/${rest%%/*} rest=${rest#*/}
    if [ -L "$at" ] || [ ! -d "$at" ]; then
      $B rm -rf "$at" && $B mkdir "$at" && $B chown "$owner" "$at" || return 1
    fi
  done
}

# make_way PATH: nothing is there, and its parents are directories.
make_way() {
  case $1 in */*) real_dir "${1%/*}" || return 1 ;; esac
  $B rm -rf "./$1"
}

# enter: the working directory may be a symlink, but only to another directory of the disk.
enter() {
  cd "$workdir" 2>/dev/null || return 1
  case $(pwd -P)/ in /proc/* | /sys/* | /dev/* | /.assay/*) return 1 ;; esac
}

copy_test() {
  make_way "$1" && $B cat "$TESTS/$1" >"./$1" && $B chown "$owner" "./$1" || return 1
  if [ "$($B head -c 2 "./$1")" = '#!' ]; then $B chmod 755 "./$1"; else $B chmod 644 "./$1"; fi
}

[ -n "${ASSAY_RESTORE:-}" ] || [ -d $TESTS ] || exit 0
umask 022
enter || { cd / && real_dir "${workdir#/}" && cd "$workdir"; } || { echo "cannot make the working directory $workdir"; exit 1; }
set -f
IFS='
'
for path in ${ASSAY_RESTORE:-}; do make_way "$path" || exit 1; done
$B tar -x -p -f - || exit 1 # whatever is in it was made way for
[ -d $TESTS ] || exit 0
# A volume of Kubernetes: names are symlinks into a directory ..data.
for path in $(cd $TESTS && $B find -L . -path './..*' -prune -o -type f -print); do
  copy_test "${path#./}" || exit 1
done
