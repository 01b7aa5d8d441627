#!/.assay/toolbox/busybox sh
# pristine.sh WORKDIR: in the image as it was built: an archive of the paths in ASSAY_RESTORE (a line each, relative to
# WORKDIR) that exist there, on stdout.
set -u
B=/.assay/toolbox/busybox

# tar itself refuses to make an archive of nothing.
empty() { $B dd if=/dev/zero bs=512 count=2 2>/dev/null; }

cd "$1" 2>/dev/null || { empty; exit; }
IFS='
'
set -f
paths=
for path in ${ASSAY_RESTORE:-}; do
  rest=$path at=.
  while [ "$rest" != "${rest#*/}" ]; do
    at=$at/${rest%%/*} rest=${rest#*/}
    [ ! -L "$at" ] || { echo "$at is a symlink in the image: name the path that it leads to" >&2; exit 1; }
  done
  if [ -e "./$path" ] || [ -L "./$path" ]; then paths="$paths./$path
"; fi
done
if [ -n "$paths" ]; then $B tar -c -f - $paths; else empty; fi
