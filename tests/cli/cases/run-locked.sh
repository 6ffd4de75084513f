# A second run of a pipeline that is under way ends at once with 75.
docs 4 >docs.jsonl
pipeline p.yaml
mkdir runs; exec 9>runs/.p.lock; flock 9; echo 'process 4711 since 2026-01-02T03:04:05Z' >&9
"$SLUICE" run p.yaml; echo "exit $?"
"$SLUICE" run p.yaml --run-dir elsewhere -q; echo "elsewhere: exit $?"
exec 9>&-; rm -r out; "$SLUICE" run p.yaml -q; echo "free again: exit $?"
