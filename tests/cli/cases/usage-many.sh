# All slips at once.
"$SLUICE" run --nosuch --threads 0 --color blue p.yaml
