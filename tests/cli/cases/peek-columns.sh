docs 2 3 >docs.jsonl
pipeline p.yaml
"$SLUICE" peek p.yaml --columns text --after source.jsonl --take 1
"$SLUICE" peek p.yaml --columns txet
