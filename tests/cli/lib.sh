# What cases share.
unset NO_COLOR

# docs N [FROM]: N documents of JSON lines; number i has i words.
docs() {
    awk -v n="$1" -v from="${2:-1}" 'BEGIN {
        for (i = 1; i < from; i++) text = text "word "
        for (i = from; i < from + n; i++) { text = text "word "; printf "{\"id\":\"d%d\",\"text\":\"%s\"}\n", i, text }
    }'
}

# pipeline FILE [HEAD LINES]: docs.jsonl, all of 3 words and more, to out/part-{shard}.jsonl
pipeline() {
    local file=$1; shift
    {
        for line in "$@"; do echo "$line"; done
        cat <<END
stages:
  - use: source.jsonl
    path: docs.jsonl
  - use: filter.length
    min: 3
    unit: words
  - use: sink.jsonl
    path: out/part-{shard}.jsonl
    shard_records: 4
END
    } >"$file"
}

# field RUN.JSON KEY…: the lines of these keys, without what differs from run to run
fields() {
    local file=$1 key; shift
    for key in "$@"; do grep -E "^ *\"$key\":" "$file"; done
}
tree() { find "$@" | LC_ALL=C sort; }

# states DIR: saved states, good ones and broken ones, last used in two ways
states() {
    export TZ=UTC
    mkdir -p "$1"
    cp "$CASES"/states/*.state "$1"
    touch -d '2026-01-01 10:00' "$1"/*
    touch -d '2026-02-01 11:30' "$1"/dedup.exact-*
}
