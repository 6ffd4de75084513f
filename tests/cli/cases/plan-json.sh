# What a run freezes as plan.json is the same text; nothing is written by plan.
docs 5 >docs.jsonl
pipeline p.yaml
"$SLUICE" plan --json p.yaml | sed 's/\\/&/g' >plan.txt
cut -c1-78 plan.txt
tree . ; "$SLUICE" run --quiet p.yaml && grep -c -F "$(sed -n 2p plan.txt)" runs/p-1/plan.json
