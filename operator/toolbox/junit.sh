#!/.assay/toolbox/busybox sh
# Sourced by score.sh: a JUnit XML report becomes a score.
# junit FILE EXPECT ALL_OR_NOTHING: prints `score=<decimal>`, `junit=invalid` or `junit=empty`, then a line about the tests.
# A test has failed by <failure> or <error>, is skipped by <skipped>, else has passed. EXPECT/fail-to-pass and
# EXPECT/pass-to-pass name those that count, a line each: classname::name, name, or as pytest does,
# path/to/test_x.py::Class::test_a. One that is not in the report has failed. Without names, all that ran count.
# The report is the function's: it is read as XML, so that nothing in a text, comment or CDATA counts as a tag;
# one that is not well-formed, or has a DOCTYPE (entities that grow), is invalid.
junit() {
  local file
  for file in "$2/fail-to-pass" "$2/pass-to-pass"; do
    [ ! -f "$file" ] || { $B cat "$file"; echo; }
  done >"$1.expect"
  LC_ALL=C $B awk -v all="$3" -v names="$1.expect" '
    BEGIN {
      RS = "<"
      ENTITY["lt"] = "<"; ENTITY["gt"] = ">"; ENTITY["amp"] = "&"; ENTITY["quot"] = "\""; ENTITY["apos"] = "\047"
      for (i = 0; i < 16; i++) HEX[substr("0123456789abcdef", i + 1, 1)] = i
    }
    function invalid() { bad = 1; exit }
    # Text after a construct is of no interest, but its end may be records away: a < inside of it split it.
    function skip_to(mark, from) {
      if (index(substr($0, from), mark)) return
      waiting = mark
    }
    function utf8(n) {
      if (n < 32) return n == 9 || n == 10 || n == 13 ? " " : ""
      if (n < 128) return sprintf("%c", n)
      if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
      if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
      if (n > 1114111) return "?"
      return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
    }
    function number(digits, base,   n, i) {
      for (i = 1; i <= length(digits) && n < 2000000; i++) n = n * base + HEX[tolower(substr(digits, i, 1))]
      return n + 0
    }
    function decode(text,   out, at, name) {
      if (length(text) > 4096) invalid()
      gsub(/[\t\r\n]/, " ", text)
      while (at = index(text, "&")) {
        out = out substr(text, 1, at - 1); text = substr(text, at + 1)
        if (!match(text, /^(#[0-9]+|#x[0-9a-fA-F]+|[a-z]+);/)) invalid()
        name = substr(text, 1, RLENGTH - 1); text = substr(text, RLENGTH + 1)
        if (name ~ /^#x/) out = out utf8(number(substr(name, 3), 16))
        else if (name ~ /^#/) out = out utf8(number(substr(name, 2), 10))
        else if (name in ENTITY) out = out ENTITY[name]
        else invalid()
      }
      return out text
    }
    # Sets tag, closed (<tag/>), class and name (of a test), from the record after its <.
    function open_tag(   rest, n, key, quote, end) {
      if (!match($0, /^[A-Za-z_:][A-Za-z0-9_:.-]*/)) invalid()
      tag = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1)
      class = name = ""; split("", seen)
      for (n = 0; match(rest, /^[ \t\r\n]+[A-Za-z_:][A-Za-z0-9_:.-]*[ \t\r\n]*=[ \t\r\n]*["\047]/); n++) {
        if (n == 64) invalid()
        key = substr(rest, 1, RLENGTH - 1); quote = substr(rest, RLENGTH, 1); rest = substr(rest, RLENGTH + 1)
        gsub(/[ \t\r\n=]/, "", key)
        end = index(rest, quote)
        if (!end || key in seen) invalid()
        seen[key]
        if (tag == "testcase" && key == "classname") class = decode(substr(rest, 1, end - 1))
        if (tag == "testcase" && key == "name") name = decode(substr(rest, 1, end - 1))
        rest = substr(rest, end + 1)
      }
      if (!match(rest, /^[ \t\r\n]*\/?>/)) invalid()
      closed = substr(rest, 1, RLENGTH) ~ /\//
      if (closed && !depth && substr(rest, RLENGTH + 1) !~ /^[ \t\r\n]*$/) invalid()
    }
    function note(key, ok, failed) {
      tests[key]
      if (ok) passed_by[key]
      if (failed) failed_by[key]
    }
    function end_case(   full) {
      full = case_class == "" ? case_name : case_class "::" case_name
      if (case_failed) failed++
      else if (case_skipped) skipped++
      else passed++
      if (case_failed) blame(full)
      note("f " full, !case_failed && !case_skipped, case_failed)
      note("n " case_name, !case_failed && !case_skipped, case_failed)
    }
    function blame(test) {
      if (++blamed <= 20) blames = blames (blamed > 1 ? ", " : "") substr(test, 1, 200)
    }
    NR == 1 { if ($0 !~ /^(\357\273\277)?[ \t\r\n]*$/) invalid(); next }
    waiting != "" { if (index($0, waiting)) waiting = ""; next }
    /^!--/ { skip_to("-->", 4); next }
    /^!\[CDATA\[/ { if (!depth) invalid(); skip_to("]]>", 9); next }
    /^!/ { invalid() }
    /^\?/ { skip_to("?>", 2); next }
    /^\// {
      if (!match($0, /^\/[A-Za-z_:][A-Za-z0-9_:.-]*[ \t\r\n]*>/)) invalid()
      tag = substr($0, 2, RLENGTH - 2); sub(/[ \t\r\n]+$/, "", tag)
      if (!depth || stack[depth] != tag) invalid()
      if (tag == "testcase" && depth == case_depth) { end_case(); case_depth = 0 }
      if (!--depth && substr($0, index($0, ">") + 1) !~ /^[ \t\r\n]*$/) invalid()
      next
    }
    {
      open_tag()
      if (!depth && (roots++ || tag !~ /^testsuites?$/)) invalid()
      if (tag == "testcase") {
        if (stack[depth] !~ /^testsuites?$/ || name == "" && class == "") invalid()
        case_class = class; case_name = name; case_failed = case_skipped = 0; case_depth = depth + 1
        if (closed) { end_case(); case_depth = 0 }
      }
      else if (case_depth && depth == case_depth) {
        if (tag == "failure" || tag == "error") case_failed = 1
        if (tag == "skipped") case_skipped = 1
      }
      if (closed) next
      if (depth == 100) invalid()
      stack[++depth] = tag
    }
    # The key of the test that a name means; "" if the report has none.
    function find(test,   head, tail, at, parts, n, i, prefix) {
      if ("f " test in tests) return "f " test
      at = index(test, "["); head = at ? substr(test, 1, at - 1) : test; tail = at ? substr(test, at) : ""
      n = split(head, parts, "::")
      if (n > 1) {
        sub(/\.py$/, "", parts[1]); gsub("/", ".", parts[1])
        prefix = parts[1]
        for (i = 2; i < n; i++) prefix = prefix "." parts[i]
        if ("f " prefix "::" parts[n] tail in tests) return "f " prefix "::" parts[n] tail
      }
      return "n " test in tests ? "n " test : ""
    }
    END {
      if (bad || depth || waiting != "" || !roots) { print "junit=invalid"; exit }
      wanted = 0; RS = "\n"
      while ((getline test <names) > 0) {
        sub(/\r$/, "", test)
        if (test == "" || test in counted) continue
        if (!wanted++) { good = blamed = 0; blames = "" }
        counted[test]
        key = find(test)
        if (key in passed_by && !(key in failed_by)) good++
        else blame(test (key == "" ? " (not in the report)" : key in failed_by ? "" : " (skipped)"))
      }
      if (!wanted) { good = passed; wanted = passed + failed }
      if (!wanted) { print "junit=empty"; print "tests: none ran" (skipped ? ", " skipped " skipped" : ""); exit }
      printf "score=%.6f\n", (all == 1 ? good == wanted : good / wanted)
      printf "tests: %d of %d passed%s", good, wanted, (skipped ? ", " skipped " skipped" : "")
      print (blamed ? "; failed: " blames (blamed > 20 ? " …" : "") : "")
    }' "$1"
}
