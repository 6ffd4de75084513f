# A plugin that is no library is refused by name and cause, in check, run and inspect alike.
docs 1 >docs.jsonl
mkdir plugins; echo 'not a library' >plugins/dedup.so
cat >my.yaml <<END
stages:
  - use: source.jsonl
    path: docs.jsonl
  - use: dedup.everything
  - use: sink.null
END
"$SLUICE" run my.yaml --plugin-path plugins; echo "exit $?"
SLUICE_PLUGIN_PATH=plugins "$SLUICE" inspect | sed -n '/not loaded/,$p'
tree .
