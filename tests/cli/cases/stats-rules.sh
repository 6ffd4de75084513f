# Rules that drop nothing are told too, in the order of the tables: by which option, and what other limits would drop. One that is
# switched off is not.
docs 30 >docs.jsonl
cat >p.yaml <<'END'
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - use: filter.gopher_quality
    splitter: whitespace
    min_words: 10
    max_words: 24
    min_mean_word_length: 0
    max_mean_word_length: 0
    min_stop_words: 0
    max_hash_ratio: 0.2
  - { use: filter.c4_quality, min_sentences: 1 }
  - { use: sink.null }
END
"$SLUICE" stats p.yaml
"$SLUICE" stats p.yaml --json | python3 -c '
import json, sys
for stage in json.load(sys.stdin)["stages"]:
    for rule in stage["rules"]:
        print(stage["stage"], rule["reason"], rule["dropped"], rule["value"], rule.get("option"), rule.get("limit"))'
