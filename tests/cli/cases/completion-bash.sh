# The script for bash, asked as bash asks it: commands, flags and their values, stages, files, runs.
"$SLUICE" completion bash >script && bash -n script && . ./script
ask() { # words of the command line, the last of which is to be completed
    COMP_WORDS=("$SLUICE" "$@") COMP_CWORD=$#
    _sluice
    echo "${*@Q}: $(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | tr '\n' ' ')"
}
mkdir -p pipes runs/p-1 runs/p-2 runs/q-1 runs/states
docs 3 >docs.jsonl; touch runs/p-{1,2}/run.json; touch pipes/deep.yaml other.yml notes.txt
cat >p.yaml <<'END'
name: head
stages:
  - use: source.jsonl
    path: docs.jsonl
  - { use: filter.length, name: "brief", max: 5 }
  - use: sink.null
    name: $(touch${IFS}owned)
tests:
  - name: not-this
END
complete -p sluice
ask di; ask -h
ask run ''; ask run --se; ask check pipes/; ask test p.yaml ''; ask run p.yaml ''
ask run --color ''; ask run --color = al; ask run --color=n; ask run --color =; ask run --log-level d
ask run --run-dir p; ask run -j ''; ask run -q ''; ask run -j 3 p
ask inspect filter.le; ask inspect sample.; ask inspect nothing
ask stats p.yaml --stage ''; ask peek p.yaml --after ''; ask peek --after b p.yaml; COMP_CWORD=3 COMP_WORDS=("$SLUICE" peek --after fi p.yaml); _sluice; echo "${COMPREPLY[@]}"
ask diff ''; ask diff p-1 q; ask diff p-1 runs/p; ask diff p-1 p-2 ''
ask completion ''; ask help comp; ask nothing ''; ask nothing --
states s; rm -rf runs/states; mv s runs/states
ask state ''; ask state list mix; ask state remove --all dedup.exact-3; ask state nothing x
[ ! -e owned ] && echo 'nothing was run'
echo '--- every command, and every flag of each, is offered'
COMP_WORDS=("$SLUICE" '') COMP_CWORD=1; _sluice
diff <(printf '%s\n' "${COMPREPLY[@]}") <("$SLUICE" help | sed -nE 's/^  ([a-z]+) .*/\1/p' | grep -v '^sluice$')
for c in "${COMPREPLY[@]}"; do
    "$SLUICE" help "$c" 2>/dev/null | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--.*' | LC_ALL=C sort >flags
    COMP_WORDS=("$SLUICE" "$c" --) COMP_CWORD=2; _sluice
    printf '%s\n' "${COMPREPLY[@]}" | grep . | LC_ALL=C sort | diff - flags
done
