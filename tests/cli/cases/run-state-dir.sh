# States that cannot be kept are told before anything is fitted; where nothing is fitted, they are nobody's business.
docs 5 >docs.jsonl
: >file
pipeline p.yaml
"$SLUICE" run p.yaml --state-dir file/states -q; echo "exit $?"
sed 's/- use: sink.jsonl/- use: dedup.exact\n  - use: sink.jsonl/' p.yaml >fits.yaml
"$SLUICE" run fits.yaml --state-dir file/states -q; echo "exit $?"
tree runs | head -3
