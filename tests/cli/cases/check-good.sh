docs 5 >docs.jsonl
pipeline p.yaml
"$SLUICE" check p.yaml && "$SLUICE" check --quiet p.yaml && "$SLUICE" check --json p.yaml
