#!/.assay/toolbox/busybox sh
# Sourced by score.sh: what a function wrote, and the termination message made of it.

size() { $B stat -c %s "$1"; }

# keep_last BYTES FILE: the last BYTES of stdin. What a function writes must fill neither disk nor memory, so it goes
# into two files of that size in turn. BYTES is a multiple of 65536.
keep_last() {
  local turn=0
  true >"$2.1"
  while $B dd bs=65536 count=$(($1 / 65536)) iflag=fullblock of="$2.$turn" 2>/dev/null &&
    [ "$(size "$2.$turn")" -eq "$1" ]; do
    turn=$((1 - turn))
  done
  $B cat "$2.$((1 - turn))" "$2.$turn" 2>/dev/null | $B tail -c "$1" >"$2"
}

# Text as the API can carry it: valid UTF-8, without control characters and terminal colours. Never longer.
clean() {
  LC_ALL=C $B sed "s/$(printf '\033')\[[0-9;?]*[A-Za-z]//g" | $B tr '\r' '\n' | $B tr -d '\000-\010\013-\037\177' | LC_ALL=C $B awk '
    BEGIN { for (i = 128; i < 256; i++) byte[sprintf("%c", i)] = i }
    { # character by character: how many bytes its first one announces, whether the others are what they must be
      out = ""
      for (i = 1; i <= length($0); i += n) {
        c = substr($0, i, 1); v = byte[c] + 0
        n = v < 128 ? 1 : v < 194 ? 0 : v < 224 ? 2 : v < 240 ? 3 : v < 245 ? 4 : 0
        for (j = 1; j < n; j++) {
          w = byte[substr($0, i + j, 1)] + 0
          low = j > 1 ? 128 : v == 224 ? 160 : v == 240 ? 144 : 128
          high = j > 1 ? 191 : v == 237 ? 159 : v == 244 ? 143 : 191
          if (w < low || w > high) n = 0
        }
        out = out (n ? substr($0, i, n) : "?")
        if (!n) n = 1
      }
      print out
    }'
}

# cut_head BYTES, cut_tail BYTES: of stdin; a character cut in two goes whole.
cut_head() { $B head -c "$1" | clean; }
cut_tail() { $B tail -c "$1" | clean; }

# one_line: stdin as a single line of clean text.
one_line() { clean | $B tr '\n\t' '  ' | $B sed 's/^ *//; s/ *$//'; }

# header CODE TIMEOUT BEGIN END
header() {
  $B awk -v b="$3" -v e="$4" -v c="$1" -v t="$2" 'BEGIN { printf "assay/2 exit=%d timeout=%d seconds=%.2f", c, t, e - b }'
}

# report HEADER RESULT TESTS STDOUT STDERR BYTES: the message, shorter than BYTES. TESTS is the output's first line.
report() {
  local head room out err
  head=$($B tail -c 65536 "$4" | clean | $B awk 'NF { last = $0 } END { print last }' | cut_head 256)
  head="$1
$head
$2${3:+
$3}"
  echo "$head"
  # The two headings below and a newline each after text that has none; what stderr leaves is stdout's.
  room=$(($6 - $(echo "$head" | $B wc -c) - 34))
  [ $room -gt 0 ] || return 0
  err=$(size "$5") out=$(size "$4")
  [ "$err" -le $((room / 2)) ] || [ $((err + out)) -le $room ] || err=$((out < room / 2 ? room - out : room / 2))
  out=$((out < room - err ? out : room - err))
  [ "$out" -eq 0 ] || { echo "--- stdout"; cut_tail "$out" <"$4"; }
  [ "$err" -eq 0 ] || { echo "--- stderr"; cut_tail "$err" <"$5"; }
}
