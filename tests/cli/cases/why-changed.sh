# What is not any more as in the run: the pipeline file, a variable, an input, the plugin; the file is gone.
docs 5 >docs.jsonl; pipeline p.yaml 'vars: { least: 2, other: 7 }' 'description: ${other}'; sed -i 's/min: 3/min: ${least}/' p.yaml
"$SLUICE" run p.yaml -q --set least=4; "$SLUICE" why d3
echo '--- variables'; sed -i 's/, other: 7//; /description/d' p.yaml; "$SLUICE" why d3
echo '--- an option, a stage'; sed -i 's/unit: words/unit: bytes/; s/  - use: sink/  - use: shuffle\n&/' p.yaml; "$SLUICE" why d3
"$SLUICE" why d3 --json | python3 -m json.tool | sed -n 2,10p
rm runs/p-1/plan.json; "$SLUICE" why d3 >/dev/null
echo '--- an input'; pipeline q.yaml; sed -i 's/out.part/q\/part/' q.yaml; "$SLUICE" run q.yaml -q; docs 6 >docs.jsonl; "$SLUICE" why d6
echo '--- a mistake, and no file'; sed -i 's/min: 3/mni: 3/' q.yaml; "$SLUICE" why d6; echo "exit $?"; rm q.yaml; "$SLUICE" why d6; echo "exit $?"
pipeline p.yaml; sed -i 's/out.part/in\/part/' p.yaml; "$SLUICE" run - <p.yaml -q; "$SLUICE" why d6; echo "exit $?"
