# No such document, no such run, a run without a document, no run at all; flags.
"$SLUICE" why x; echo "exit $?"
docs 5 >docs.jsonl; pipeline p.yaml; "$SLUICE" run p.yaml -q
"$SLUICE" why d6; echo "exit $?"; "$SLUICE" why d6 -q; echo "exit $?"; "$SLUICE" why d6 --json; echo "exit $?"
"$SLUICE" why p-1; echo "exit $?"; "$SLUICE" why p-2 d1; echo "exit $?"
"$SLUICE" why; echo "exit $?"; "$SLUICE" why a b c; echo "exit $?"; "$SLUICE" why d1 --ftt; echo "exit $?"
echo '--- a run that failed'; sed -i 's/max_e.*//; 1i max_errors: 0' p.yaml; echo bad >>docs.jsonl; "$SLUICE" run p.yaml -q 2>/dev/null; "$SLUICE" why d4; "$SLUICE" why docs.jsonl:6
