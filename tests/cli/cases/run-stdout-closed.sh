# A reader that goes away is an error, not a signal.
docs 3000 >docs.jsonl
pipeline p.yaml; sed -i 's|out/part-{shard}.jsonl|"-"|; /shard_records/d' p.yaml
set -o pipefail; "$SLUICE" run p.yaml -q 2>err | head -c 10 >/dev/null
echo "exit $?"; grep -c 'error: ' err; fields runs/p-1/run.json state
