# Inputs: changed, added, gone, under another name, in another order; plugins and the program of other versions.
timeless() { sed -E '/^(time|CPU|memory|threads) /d'; }
for i in 1 2 3; do docs 4 $i >$i.jsonl; done
{ echo 'stages:'; echo '  - { use: source.jsonl, path: "*.jsonl" }'; echo '  - { use: sink.null }'; } >p.yaml
"$SLUICE" run p.yaml -q
docs 5 9 >2.jsonl; mv 3.jsonl 4.jsonl; docs 2 >5.jsonl; rm 1.jsonl
"$SLUICE" run p.yaml -q
"$SLUICE" diff p-1 p-2 | timeless; echo "exit ${PIPESTATUS[0]}"
echo '--- only the name'
rm 5.jsonl; mv 4.jsonl 6.jsonl; rm -r runs/p-1; "$SLUICE" run p.yaml -q --run-dir runs/p-3; docs 4 3 >4.jsonl; rm 6.jsonl
"$SLUICE" run p.yaml -q --run-dir runs/p-4; "$SLUICE" diff p-3 p-4 | sed -n '/^inputs/,/^plugins/p'
echo '--- order'
mv 2.jsonl x; mv 4.jsonl 2.jsonl; mv x 4.jsonl; sed -i 's/"\*.jsonl"/[ 4.jsonl, 2.jsonl ]/' p.yaml
"$SLUICE" run p.yaml -q --run-dir runs/p-5; sed -i 's/4.jsonl, 2.jsonl/2.jsonl, 4.jsonl/' p.yaml
"$SLUICE" run p.yaml -q --run-dir runs/p-6; "$SLUICE" diff p-5 p-6 | sed -n '/^inputs/,/^plugins/p'
echo '--- programs'
cp -r runs/p-6 runs/p-7; sed -i -E 's/"version": "0.1.0"/"version": "0.0.9"/; s/"sha256": "[0-9a-f]{60}/&0000/; s/("sha256": "[0-9a-f]{60})0000[0-9a-f]{4}/\10000/' runs/p-7/run.json
"$SLUICE" diff p-7 p-6 | sed -n '/^plugins/,/^$/p'; "$SLUICE" diff p-7 p-6 -q; echo "exit $?"
