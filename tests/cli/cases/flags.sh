# Ways to write a flag: all mean the same.
docs 5 >docs.jsonl
pipeline p.yaml 'seed: 1'
for flags in '--seed 7 --threads 1' '--seed=7 --threads=1' '--seed=7 -j1' '-j 1 --seed 7' '-j=1 --seed 7'; do
    "$SLUICE" run $flags --quiet -- p.yaml
    fields runs/p-1/run.json seed threads
    rm -r runs out
done
