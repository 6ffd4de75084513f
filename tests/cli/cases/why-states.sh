# The states of fits: without them all would have to be read; --fit does that.
docs 5 >docs.jsonl
cat >p.yaml <<'END'
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: dedup.exact }
  - { use: sink.jsonl, path: out/a.jsonl }
END
"$SLUICE" run p.yaml -q --state-dir kept; "$SLUICE" why d1; echo "exit $?"
"$SLUICE" why d1 --state-dir kept; SLUICE_STATE_DIR=kept "$SLUICE" why d1 | tail -1
"$SLUICE" why d1 --fit; ls runs/states | wc -l
echo '--- from elsewhere, all names being relative'
mkdir sub; cd sub; "$SLUICE" why ../runs/p-1 d1 --state-dir ../kept; SLUICE_STATE_DIR=../kept SLUICE_PLUGIN_PATH=../../x "$SLUICE" why ../runs/p-1 docs.jsonl:2 | tail -1
