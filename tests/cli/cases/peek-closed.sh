# Whoever reads may stop when he has seen enough: no word about it.
docs 600 >docs.jsonl
pipeline p.yaml
"$SLUICE" peek p.yaml --json -n 600 | head -c 20; echo " exit ${PIPESTATUS[0]}"
