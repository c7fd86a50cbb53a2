#!/bin/sh
# Makes the corpus that the targets begin with: a file for each line of seeds/ and for each definition of a case.
set -eu
cd "$(dirname "$0")"
for seeds in seeds/*.txt; do
    folder=corpus/$(basename "$seeds" .txt)
    mkdir -p "$folder"
    number=0
    while IFS= read -r line; do
        number=$((number + 1))
        # In data sets, `\n` and `\t` stand for what they mean.
        case $folder in
            */dataset) printf '%b' "$line" >"$folder/seed-$number" ;;
            *) printf '%s' "$line" >"$folder/seed-$number" ;;
        esac
    done <"$seeds"
done
mkdir -p corpus/definition
for case in ../tests/conformance/*.json; do
    jq -c .definition "$case" >"corpus/definition/$(basename "$case")"
done
