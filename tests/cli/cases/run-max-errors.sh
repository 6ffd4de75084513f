# Too many bad documents: 65, nothing is published, all of it is counted.
docs 3 >docs.jsonl; printf 'oops\n{"text":5}\n' >>docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml; echo "exit $?"
sed -i '1i max_errors: 2' p.yaml; "$SLUICE" run p.yaml -q; echo "exit $?"
sed -i '1s/2/1/' p.yaml; "$SLUICE" run p.yaml; echo "exit $?"
sed -i '1s/1/10%/' p.yaml; "$SLUICE" run p.yaml; echo "exit $?"
fields runs/p-3/run.json state exit_code; ls runs
# With a quarantine the broken ones that were met can be looked at.
sed -i '1i on_reject: quarantine' p.yaml
"$SLUICE" run p.yaml --threads 1 --run-dir kept; echo "exit $?"
zstd -dcq kept/quarantine.jsonl.zst | grep -o '"reason":"[a-z_]*"'; ls out 2>/dev/null
