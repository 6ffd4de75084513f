# Two runs of the same: 0, by every way to name a run.
docs 9 >docs.jsonl
pipeline p.yaml 'on_reject: quarantine'
"$SLUICE" run p.yaml -q && "$SLUICE" run p.yaml -q
timeless() { sed -E '/^(time|CPU|memory|threads) /d'; }
"$SLUICE" diff p-1 p-2 | timeless; echo "exit ${PIPESTATUS[0]}"
for name in runs/p-2 runs/p-2/ runs/p-2/run.json "$PWD/runs/p-2"; do
    "$SLUICE" diff -q p-1 $name; echo "exit $?"
done
(cd runs/p-2 && "$SLUICE" diff -q . run.json); echo "exit $?"
mkdir other && cp -r runs/p-1 other/; "$SLUICE" diff runs/p-1 other/p-1 | sed -n '/runs/,/kept/p'
"$SLUICE" diff p-1 p-2 | sed -nE '/^(time|CPU|memory|threads) /s/ .*//p'
