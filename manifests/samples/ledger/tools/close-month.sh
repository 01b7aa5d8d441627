#!/bin/bash
# Closes a month: prints the transaction that opens the next one, with what every asset and
# liability account holds after the month's last day.
#
#   tools/close-month.sh JOURNAL YYYY-MM
#
set -e

if [ $# -ne 2 ]; then
    echo "usage: $0 JOURNAL YYYY-MM" >&2
    exit 2
fi
journal=$1
year=${2%-*}
month=${2#*-}

cd $(dirname $0)/..

next=$(printf '%04d-%02d-01' $year $((month + 1)))

# Transactions start with their date at the beginning of a line: keep those before the next month.
awk -v next_day=$next '/^[0-9]/ { keep = $1 < next_day } keep' $journal |
    python3 -m ledger -f - balance |
    awk -v next_day=$next '
        BEGIN { print next_day " * Opening balances" }
        $2 ~ /^(Assets|Liabilities):/ { printf "    %-30s  %12s\n", $2, $1 }
        END { print "    Equity:Opening balances" }
    '
