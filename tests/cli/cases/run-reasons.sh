# Every reason is told, the most frequent first, in as many lines as they take.
python3 - >docs.jsonl <<'END'
import json
good = "There is a house of stone that I have to be in with you and all of the others. "
texts = ["short"] * 3 + ["# " * 60] * 2 + ["a to the " * 30] * 2 + ["extraordinarily unbelievably " * 40] + [good * 5]
texts += ["- the bread and to be of use to all that have it\n" * 20] + ["of the 1 2 3 4 5 6 7 8 eleven twelve " * 9]
for i, text in enumerate(texts):
    print(json.dumps({"id": str(i), "text": text}))
END
cat >p.yaml <<'END'
name: reasons
stages:
  - { use: source.jsonl, path: docs.jsonl }
  - { use: filter.gopher_quality, splitter: whitespace }
  - { use: sink.null }
END
"$SLUICE" run p.yaml
