# A killed run: its temporary files go, its outputs are known as ours, the next run ends with the same bytes.
docs 9 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml -q && cp -r out good
sed -i 's/"state": "done"/"state": "running"/' runs/p-1/run.json # as if killed after its last rename
tag=$(sed -n 's/.*"tag": "\(.*\)".*/\1/p' runs/p-1/run.json)
: >out/.part-00009.jsonl.sluice-$tag; : >out/.part-00009.jsonl.sluice-other-run
"$SLUICE" run p.yaml -q; echo "exit $?"; ls -A out
rm out/.part*; diff -r out good && echo same
