docs 5 >docs.jsonl
mkdir parts
printf -- '- use: filter.length\n  min: 3\n  unit: wrods\n' >parts/filters.yaml
printf 'stages:\n  - { use: source.jsonl, path: docs.jsonl }\n  - include: parts/filters.yaml\n  - use: sink.null\n' >my.yaml
"$SLUICE" check my.yaml; echo "exit $?"
printf -- '- include: me.yaml\n' >parts/me.yaml
printf 'stages:\n  - include: parts/me.yaml\n' >my.yaml
"$SLUICE" check my.yaml
