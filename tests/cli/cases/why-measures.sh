# What a stage measured stands below it, each number with the options that bound it; one that is switched off bounds nothing.
printf '%s\n' '{"id":"a","text":"the quick brown fox has to be with that lazy dog"}' >docs.jsonl
cat >p.yaml <<'END'
name: p
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.gopher_quality, splitter: whitespace, min_words: 5, max_mean_word_length: 0 }
  - { use: filter.fineweb_quality, splitter: whitespace }
  - { use: sink.null }
END
"$SLUICE" run p.yaml -q && "$SLUICE" why a
