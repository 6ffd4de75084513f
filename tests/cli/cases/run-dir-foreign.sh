docs 4 >docs.jsonl
pipeline p.yaml
mkdir mine; echo precious >mine/thesis.tex
"$SLUICE" run p.yaml --run-dir mine; echo "exit $?"
mkdir made; echo '{"sluice_run": "no"}' >made/run.json
"$SLUICE" run p.yaml --run-dir made; echo "exit $?"
: >file; "$SLUICE" run p.yaml --run-dir file; echo "exit $?"
mkdir empty; "$SLUICE" run p.yaml --run-dir empty -q; echo "exit $?"
tree mine made empty
