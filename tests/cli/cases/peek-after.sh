# Stages below the one asked for do not show; a name that is not there gets a suggestion.
docs 3 >docs.jsonl
pipeline p.yaml
"$SLUICE" peek p.yaml --after source.jsonl --take 1; "$SLUICE" peek p.yaml --after filter.legnth
