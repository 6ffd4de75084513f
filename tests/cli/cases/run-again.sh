# The next run gets the next number and replaces what the one before wrote, and only that; shards no longer written go.
docs 9 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml -q && tree out runs | grep -v '/p-.*/'
docs 4 >docs.jsonl
: >out/notes.txt; "$SLUICE" run p.yaml -q && tree out runs | grep -v '/p-.*/'
grep -o 'removing.*' runs/p-2/log
