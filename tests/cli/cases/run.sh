# A run, its summary and its folder.
docs 9 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml && tree . && cat out/part-00000.jsonl | head -2
grep -v -E '"(seconds|cpu_seconds|peak_memory_bytes|threads|process|host|version|modified|working_directory|tag|path)":' runs/p-1/run.json
cut -d, -f1,2 runs/p-1/splits.jsonl
