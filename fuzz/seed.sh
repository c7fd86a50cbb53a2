#!/bin/sh
# Makes the corpus that the targets begin with: of seeds/, of the sample of Open Food Facts and of recorded executions.
set -eu
cd "$(dirname "$0")"
for seeds in seeds/*.txt; do
    folder=corpus/$(basename "$seeds" .txt)
    mkdir -p "$folder"
    number=0
    while IFS= read -r line; do
        number=$((number + 1))
        printf '%s' "$line" >"$folder/seed-$number"
    done <"$seeds"
done
mkdir -p corpus/webhook corpus/food corpus/record
cp seeds/webhook-*.bin corpus/webhook/
food=../crates/openfoodfacts/tests/data
number=0
gunzip -c "$food/products_sample.jsonl.gz" | head -20 | while IFS= read -r line; do
    number=$((number + 1))
    printf 'j%s\n' "$line" >"corpus/food/json-$number"
done
{ printf h; gunzip -c "$food/dump_sample.tsv.gz" | head -4; } >corpus/food/dump
{ printf p; head -c 20000 "$food/search_page_10.json"; } >corpus/food/page
cp ../crates/simulation/tests/recorded/refund*.json corpus/record/
