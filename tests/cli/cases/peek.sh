docs 5 >docs.jsonl
pipeline p.yaml
"$SLUICE" peek p.yaml --take 4
