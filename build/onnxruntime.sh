#!/usr/bin/env bash
# onnxruntime.sh VERSION FOLDER: puts the native library of ONNX Runtime, out of the npm package onnxruntime-node, into FOLDER.
# The package's integrity is pinned here; nothing of it is executed. Where the library cannot be had, FOLDER/unavailable.txt says why.
set -euo pipefail
version=$1 folder=$2
declare -A integrity=([1.30.0]="twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==")

mkdir -p "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unavailable() {
  printf '%s\n' "$1" > "$folder/unavailable.txt"
  echo "onnxruntime: $1; the build goes on without inference (docs/feeds.md)."
  exit 0
}

case "$(uname -s)/$(uname -m)" in
  Linux/x86_64) platform=linux/x64 ;;
  Linux/aarch64) platform=linux/arm64 ;;
  *) unavailable "there is no library for $(uname -s) on $(uname -m) in this build" ;;
esac
[ -n "${integrity[$version]:-}" ] || unavailable "version $version has no pinned integrity in build/onnxruntime.sh"
command -v npm > /dev/null || unavailable "npm is needed to fetch onnxruntime-node@$version and is not installed"
(cd "$scratch" && timeout 540 npm pack "onnxruntime-node@$version" --silent --fetch-retries=1 > npm.log 2>&1) \
  || unavailable "npm could not fetch onnxruntime-node@$version ($(grep -m 1 -o 'code E[A-Z0-9]*' "$scratch/npm.log" || echo 'no answer'))"
package=$scratch/onnxruntime-node-$version.tgz
got=$(openssl dgst -sha512 -binary "$package" | base64 -w0) || unavailable "openssl and base64 are needed to check onnxruntime-node@$version, and one of them is not installed or failed"
[ "$got" = "${integrity[$version]}" ] || unavailable "onnxruntime-node@$version has sha512-$got and not the pinned integrity"
tar -xzf "$package" -C "$scratch" "package/bin/napi-v6/$platform/libonnxruntime.so.1" || unavailable "onnxruntime-node@$version holds no library for $platform"
# Renamed into place: a build beside this one never sees half a file.
mv "$scratch/package/bin/napi-v6/$platform/libonnxruntime.so.1" "$folder/.libonnxruntime.$$"
mv "$folder/.libonnxruntime.$$" "$folder/libonnxruntime.so.1"
rm -f "$folder/unavailable.txt"
echo "onnxruntime: $version for $platform is there."
