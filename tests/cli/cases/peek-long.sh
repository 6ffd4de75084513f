# Long texts are wrapped at blanks and cut.
printf '{"id":"long","text":"%s"}\n' "$(printf 'some words here %.0s' $(seq 100))" >docs.jsonl
printf '{"id":"%s","text":"%s"}\n' "$(printf 'i%.0s' $(seq 100))" "$(printf 'x%.0s' $(seq 200))" >>docs.jsonl
printf 'stages:\n  - { use: source.jsonl, path: docs.jsonl }\n  - use: sink.null\n' >my.yaml
COLUMNS=50 "$SLUICE" peek my.yaml
