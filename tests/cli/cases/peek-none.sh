docs 3 5 >docs.jsonl
pipeline p.yaml
"$SLUICE" peek p.yaml --dropped
