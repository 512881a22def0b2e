# Finds out, per group of packages, what the configured package feed can restore, and records it in feeds.local.props.
# Sourced by ./steward. STEWARD_ORLEANS=package|standin, STEWARD_SQLITE=current|legacy and STEWARD_ONNX=package|binding override the probe.

# probe_restore NAME PACKAGE=VERSION... : whether all of them restore together, in exactly these versions (NU1603: a feed gave another one).
probe_restore() {
  local name=$1; shift
  local dir references="" reference
  dir=$(mktemp -d)
  for reference in "$@"; do
    references+="<PackageReference Include=\"${reference%%=*}\" Version=\"${reference#*=}\" />"
  done
  # Outside the checkout, so that central package management does not apply; the checkout's NuGet.config does.
  printf '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>%s</ItemGroup></Project>\n' \
    "$references" > "$dir/probe.csproj"
  cp "$root/NuGet.config" "$root/global.json" "$dir/"
  local rc=0
  (cd "$dir" && timeout 300 dotnet restore probe.csproj -p:TreatWarningsAsErrors=false "-p:WarningsAsErrors=NU1603" > "$dir/log" 2>&1) || rc=1
  rm -rf "$dir"
  return $rc
}

orleans_version() {
  if [ -n "${OrleansVersion:-}" ]; then echo "$OrleansVersion"; return; fi
  sed -n 's/.*<OrleansVersion[^>]*>\([^<]*\)<.*/\1/p' "$root/Directory.Packages.props" | head -n 1
}

onnx_version() { sed -n 's/.*<OnnxRuntimeVersion>\([^<]*\)<.*/\1/p' "$root/Directory.Packages.props" | head -n 1; }

# As Directory.Build.targets chooses: CUDA comes with the package for x64 that is not of macOS.
onnx_package() {
  case "$(uname -s)/$(uname -m)" in
    Darwin/* | */aarch64 | */arm64) echo Microsoft.ML.OnnxRuntime ;;
    *) echo Microsoft.ML.OnnxRuntime.Gpu ;;
  esac
}

# The version of PACKAGE in the item group whose label is LABEL.
central_version() {
  awk -v label="Label=\"$1\"" -v package="Include=\"$2\"" \
    'index($0, label) {on=1} on && index($0, package) {match($0, /Version="[^"]*"/); print substr($0, RSTART+9, RLENGTH-10); exit} /<\/ItemGroup>/ {on=0}' \
    "$root/Directory.Packages.props"
}

# What the answer depends on, as a hash.
feeds_question() {
  { cat "$root/Directory.Packages.props" "$root/NuGet.config"; cat "${HOME:-/}/.nuget/NuGet/NuGet.Config" 2>/dev/null || true; \
    echo "${OrleansVersion:-} ${STEWARD_ORLEANS:-} ${STEWARD_SQLITE:-} ${STEWARD_ONNX:-}"; } | sha256sum | cut -c1-32
}

# Writes feeds.local.props unless the recorded answer still belongs to the same question.
choose_feeds() {
  local file="$root/feeds.local.props" orleans sqlite onnx
  if [ -f "$file" ] && grep -q "$(feeds_question)" "$file" && [ "${1:-}" != "--again" ]; then return; fi

  say "Looking at what the package feed holds (once) ..."
  orleans=${STEWARD_ORLEANS:-}
  if [ -z "$orleans" ]; then
    local v; v=$(orleans_version)
    if probe_restore orleans "Microsoft.Orleans.Server=$v" "Microsoft.Orleans.Client=$v" "Microsoft.Orleans.Persistence.AdoNet=$v" "Microsoft.Orleans.TestingHost=$v"; then
      orleans=package
    else
      orleans=standin
    fi
  fi
  sqlite=${STEWARD_SQLITE:-}
  if [ -z "$sqlite" ]; then
    if probe_restore sqlite \
      "Microsoft.Data.Sqlite.Core=$(central_version 'SQLite on the full feed' Microsoft.Data.Sqlite.Core)" \
      "SQLitePCLRaw.bundle_e_sqlite3=$(central_version 'SQLite on the full feed' SQLitePCLRaw.bundle_e_sqlite3)"; then
      sqlite=current
    else
      sqlite=legacy
    fi
  fi
  onnx=${STEWARD_ONNX:-}
  if [ -z "$onnx" ]; then
    local package; package=$(onnx_package)
    if probe_restore onnx "$package=$(onnx_version)"; then onnx=package; else onnx=binding; fi
  fi
  # What kept the native library away may be over.
  rm -f "$root"/artifacts/native/onnxruntime-*/unavailable.txt
  # The question is put anew: a user's first restore writes the NuGet configuration that is part of it.
  cat > "$file" <<PROPS
<Project>
  <!-- Written by ./steward for question $(feeds_question); delete it or run ./steward feeds to ask again. -->
  <PropertyGroup>
    <StewardOrleans>$orleans</StewardOrleans>
    <StewardSqlite>$sqlite</StewardSqlite>
    <StewardOnnx>$onnx</StewardOnnx>
  </PropertyGroup>
</Project>
PROPS
}

feed_choice() { sed -n "s/.*<$1>\([^<]*\)<.*/\1/p" "$root/feeds.local.props" 2>/dev/null | head -n 1; }
