# Who looks at the first documents of a file does not want to hear that its end is missing; who looks at all of them does.
docs 3 | gzip -n | head -c -12 >docs.jsonl.gz
cat >p.yaml <<'Y'
stages:
  - use: source.jsonl
    path: docs.jsonl.gz
  - use: sink.null
Y
"$SLUICE" peek p.yaml --take 1 --json >one; echo "exit $?"; wc -l <one
"$SLUICE" peek p.yaml --take 9 --json >all; echo "exit $?"
