# What decides the output, option by option; what became of the documents, reason by reason; outputs. 1.
timeless() { sed -E '/^(time|CPU|memory|threads) /d'; }
docs 30 >docs.jsonl
pipeline p.yaml 'vars: { min: 3 }'; sed -i 's/min: 3$/min: ${min}/' p.yaml
"$SLUICE" run p.yaml -q
"$SLUICE" run p.yaml -q --set min=12 --seed 5; "$SLUICE" diff p-1 p-2 | timeless; echo "exit ${PIPESTATUS[0]}"
echo '--- a stage more, a stage less'
sed 's/use: filter.length/&\n    name: first\n    max: 50\n  - use: sample.random\n    keep: all/; /min:/d; /unit/d; s/out/outq/; $a split_bytes: 4 MiB' p.yaml >q.yaml
"$SLUICE" run q.yaml -q; "$SLUICE" diff p-1 q-1 | timeless; echo "exit ${PIPESTATUS[0]}"
echo '--- without plan.json'
rm runs/p-2/plan.json; "$SLUICE" diff p-1 p-2 | sed -n '1,/^inputs/p'
