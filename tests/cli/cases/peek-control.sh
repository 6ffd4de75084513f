# Nothing in a document can steer the terminal.
printf '%s\n' '{"id":"a\u001b[31m","text":"red \u001b[31m bell \u0007 tab\there\r\nC1 \u009b2J bidi \u202e del \u007f \u2028 end\nwide 日本語のテキストはここで折り返されます。日本語のテキストはここで折り返されます。"}' >docs.jsonl
printf 'stages:\n  - { use: source.jsonl, path: docs.jsonl }\n  - use: sink.null\n' >my.yaml
COLUMNS=60 "$SLUICE" peek my.yaml | cat -v; COLUMNS=60 "$SLUICE" peek my.yaml | tail -2
COLUMNS=60 "$SLUICE" peek my.yaml --columns text
