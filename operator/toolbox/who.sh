#!/.assay/toolbox/busybox sh
# Sourced. who USER[:GROUP] sets uid, gid, groups and home the way container engines read an image's USER, from
# the /etc/passwd and /etc/group of the root it runs in. On failure: returns 1, and `why` says what is wrong.
# shellcheck disable=SC2034

# entry FILE KEY: the line whose name, else whose number, is KEY. Only regular files: the agent may have put a
# fifo there, and reading it would never end.
entry() {
  [ -f "$1" ] || return 0
  $B awk -F: -v k="$2" '$1 == k { name = $0; exit } $3 == k && num == "" { num = $0 } END { print name != "" ? name : num }' "$1"
}

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

who() {
  local user group line rest name=
  user=${1%%:*} group=${1#"${1%%:*}"}
  group=${group#:} user=${user:-0}
  line=$(entry /etc/passwd "$user")
  uid=$user gid=0 home=/
  if [ -n "$line" ]; then # name:password:uid:gid:comment:home:shell
    name=${line%%:*} rest=${line#*:*:}
    uid=${rest%%:*} rest=${rest#*:}
    gid=${rest%%:*} rest=${rest#*:*:}
    home=${rest%%:*}
  fi
  is_number "$uid" || { why="no user '$user' in /etc/passwd"; return 1; }
  if [ -n "$group" ]; then # a group named explicitly replaces the user's own groups
    line=$(entry /etc/group "$group")
    gid=$group
    if [ -n "$line" ]; then rest=${line#*:*:} gid=${rest%%:*}; fi
  fi
  is_number "$gid" || { why="no group '${group:-$gid}' in /etc/group"; return 1; }
  groups=$gid
  if [ -z "$group" ] && [ -n "$name" ] && [ -f /etc/group ]; then
    groups=$gid$($B awk -F: -v u="$name" -v g="$gid" '
      { n = split($4, m, ","); for (i = 1; i <= n; i++) if (m[i] == u && $3 ~ /^[0-9]+$/ && $3 != g) { printf ",%s", $3; break } }' /etc/group)
  fi
  home=${home:-/}
}

# The runtime started us as uid 0 and set HOME for that; any other HOME was asked for and stays.
set_home() {
  case ${HOME:-/} in / | /root) HOME=$home ;; esac
  export HOME
}
