# What is no run, is damaged, or comes from another version: a sentence, and 74.
docs 3 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml -q
good=runs/p-1/run.json
try() { "$SLUICE" diff p-1 "$@"; echo "exit $?"; }
try p-2; try p1; try nowhere/run.json; mkdir empty; try empty; try docs.jsonl
head -c 700 $good >cut.json; try cut.json
: >none.json; try none.json
echo '[]' >list.json; try list.json
echo '{"name": "x"}' >other.json; try other.json
sed 's/"sluice_run": 1/"sluice_run": 2/' $good >version.json; try version.json
sed 's/"kept": 1/"kept": -1/' $good >minus.json; try minus.json
sed 's/"state": "done"/"state": 3/' $good >state.json; try state.json
sed '/"plan_hash"/d' $good >hash.json; try hash.json
sed 's/"too_short": 2/"too_short": "2"/' $good >reason.json; try reason.json
sed 's/"seed": 0/"seed": 0.5/' $good >seed.json; try seed.json
sed 's/"seed": 0,/&\n  "seed": 0,/' $good >twice.json; try twice.json
sed 's/"inputs": \[/& 3,/' $good >inputs.json; try inputs.json
"$SLUICE" diff p-1; echo "exit $?"
"$SLUICE" diff p-1 p-1 p-1; echo "exit $?"
