# Tests are no part of the plan.
docs 5 >docs.jsonl
pipeline p.yaml
"$SLUICE" plan --json p.yaml >before
printf 'tests:\n  - { at: filter.length, in: [ { text: a b c } ], out: 1 }\n' >>p.yaml
"$SLUICE" plan --json p.yaml | cmp - before && "$SLUICE" test p.yaml
