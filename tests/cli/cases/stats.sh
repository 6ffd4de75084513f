# What a rule compares, and what it would drop at other limits; of a sample, of one stage, of nothing that measures.
docs 40 >docs.jsonl
pipeline p.yaml
"$SLUICE" stats p.yaml
"$SLUICE" stats p.yaml --sample 2 --stage filter.length
"$SLUICE" stats p.yaml --stage source.jsonl; echo "exit $?"
ls
