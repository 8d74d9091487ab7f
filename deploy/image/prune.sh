#!/bin/sh
# Removes from a folder of packages what never runs: prune.sh NODE_MODULES. What is measured to be a megabyte or more is
# named; licences stay.
set -eu
cd "$1"

# Types, sources of what is compiled, and their maps: a runtime reads none of them.
find . -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \) -delete
# Modules are resolved by `main` and `exports`, which lead to the other build.
rm -rf @opentelemetry/*/build/esm @opentelemetry/*/build/esnext
rm -rf @tus/*/node_modules bintrees/test libheif-js/libheif luxon/src luxon/build/amd luxon/build/global luxon/build/cjs-browser
# Of @tus/server: uploads of ours are in the stores of ours.
rm -rf @redis ioredis @ioredis
find . -type d -empty -delete
