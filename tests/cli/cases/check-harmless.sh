# A byte order mark and lines that end as on Windows are no mistakes.
docs 3 >docs.jsonl
pipeline p.yaml
printf '\xef\xbb\xbf' >bom.yaml; sed 's/$/\r/' p.yaml >>bom.yaml
"$SLUICE" check bom.yaml
