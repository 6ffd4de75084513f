# A run that failed has counts, and no outputs; one that is cut down by a signal has neither.
timeless() { sed -E '/^(time|CPU|memory|threads) /d'; }
docs 9 >docs.jsonl
pipeline p.yaml 'max_errors: 0'
"$SLUICE" run p.yaml -q
echo oops >>docs.jsonl; "$SLUICE" run p.yaml -q 2>/dev/null
"$SLUICE" diff p-1 p-2 | timeless; echo "exit ${PIPESTATUS[0]}"
"$SLUICE" diff p-2 p-2 | tail -1; "$SLUICE" diff -q p-2 p-2; echo "exit $?"
