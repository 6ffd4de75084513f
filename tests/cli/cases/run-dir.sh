# --run-dir is the folder itself; run again there, it is replaced, and its outputs may be.
docs 4 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml --run-dir my/run -q && tree . && "$SLUICE" run p.yaml --run-dir my/run -q && tree .
grep -c 'exit code 0' my/run/log
(cd my && sed 's,docs.jsonl,../docs.jsonl,; s,out/,../out/,' ../p.yaml >p.yaml && "$SLUICE" run p.yaml --run-dir run -q); echo "from elsewhere: exit $?"
