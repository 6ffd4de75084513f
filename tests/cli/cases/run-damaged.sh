# A file that is cut off: 74, named with its place; skip_file keeps what stood before the damage.
docs 2000 | gzip -1 >a.jsonl.gz; head -c 20000 a.jsonl.gz >cut.jsonl.gz; docs 5 >z.jsonl
cat >my.yaml <<END
on_error: \${on_error}
stages:
  - { use: source.jsonl, path: [cut.jsonl.gz, z.jsonl] }
  - { use: sink.jsonl, path: out/all.jsonl }
END
"$SLUICE" run my.yaml --set on_error=fail; echo "exit $?"; ls out
"$SLUICE" run my.yaml --set on_error=skip_file | sed -E 's/[0-9.]+ (kB|MB)/N \1/g'; echo "exit ${PIPESTATUS[0]}"
tail -1 out/all.jsonl
grep -A1 '"damage": \[$' runs/my-2/run.json
