# Installs what the tests need and runs them all. Sourced by ./steward.

postgres_bin() {
  local candidate
  if command -v pg_config > /dev/null && [ -x "$(pg_config --bindir)/initdb" ]; then pg_config --bindir; return; fi
  for candidate in /usr/lib/postgresql/*/bin; do
    if [ -x "$candidate/initdb" ]; then echo "$candidate"; return; fi
  done
  return 1
}

# Whether the installed PostgreSQL lacks the extension vector and a package has it: then the name of that in $pgvector. Without one the tests take PGlite from the npm registry.
pgvector_package() {
  local bin
  [ -z "${STEWARD_POSTGRESQL:-}" ] && bin=$(postgres_bin) || return 1
  [[ $bin =~ ^/usr/lib/postgresql/([0-9]+)/bin$ ]] || return 1
  pgvector="postgresql-${BASH_REMATCH[1]}-pgvector"
  [ ! -e "/usr/share/postgresql/${BASH_REMATCH[1]}/extension/vector.control" ] && [ "$(id -u)" = 0 ] \
    && command -v apt-cache > /dev/null && [ -n "$(apt-cache search --names-only "^$pgvector\$")" ]
}

# Debian packages that the tests need and the machine lacks.
install_test_tools() {
  local missing=()
  postgres_bin > /dev/null || missing+=(postgresql)
  pgvector_package && missing+=("$pgvector")
  command -v chromium > /dev/null || missing+=(chromium)
  command -v curl > /dev/null || missing+=(curl)
  command -v node > /dev/null || missing+=(nodejs npm)
  command -v bwrap > /dev/null || missing+=(bubblewrap)
  [ -x /usr/bin/python3 ] || missing+=(python3)
  local module
  for module in pandas numpy matplotlib openpyxl; do
    [ -d "/usr/lib/python3/dist-packages/$module" ] || missing+=("python3-$module")
  done
  if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
  # Its tests say so and skip where it cannot be had.
  command -v runsc > /dev/null || (install_packages runsc 2> /dev/null) || say "gVisor (runsc) cannot be installed here; its tests are skipped."
}

install_packages() {
  local missing=("$@")
  [ "$(id -u)" = 0 ] || die "the tests need ${missing[*]}: install these packages, or run as root to have them installed."
  command -v apt-get > /dev/null || die "the tests need ${missing[*]}; this system has no apt-get to install them with."
  say "Installing ${missing[*]} ..."
  apt-get update > /dev/null
  # A package's own database cluster is of no use here; the tests start a private one.
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" > /dev/null
}

# The longest first, so that none is left alone at the end. Minutes on two cores: 9, 7, 2, 1; below one: the other four. All that is not named comes after them.
slow_projects=(EndToEnd.Tests Engines.Sandboxing.Tests Grains.Tests Engines.Connectors.Tests Pages OpenAIClients.Tests Storage.Tests Orleans.Conformance)

# run_tests [NAME ...]: the last line is "N passed, N failed, N skipped". STEWARD_TEST_LANES projects run at a time (1 by default: two took as long on two cores, and tests that kill processes became unsteady). Up to five
# failures of a project are tried once more, alone and after all others: a test that passes then is named as unsteady, and is a fault of the test or of the code that somebody has to find. STEWARD_TEST_RETRY=0 takes the first answer.
run_tests() {
  install_test_tools
  build
  local lanes=${STEWARD_TEST_LANES:-1} name passed=0 failed=0 skipped=0 broken=0 unsteady=()
  local -A projects=() status=()
  declare -gA running=()
  find_projects "$@"
  declare -g results
  results=$(mktemp -d)
  trap stop_running EXIT
  for name in $(in_order "${!projects[@]}"); do
    while [ ${#running[@]} -ge "$lanes" ]; do reap; done
    (run_project "$name" "$name") > "$results/$name.log" 2>&1 &
    running[$!]=$name
  done
  while [ ${#running[@]} -gt 0 ]; do reap; done
  for name in $(in_order "${!projects[@]}"); do
    if [ "$name" = Pages ]; then judge_pages; else judge_project; fi
  done
  rm -rf "$results"
  if [ ${#unsteady[@]} -gt 0 ]; then say "Unsteady, passed the second time:" && say "$(printf '%s\n' "${unsteady[@]}")"; fi
  if [ "$broken" = 1 ] && [ "$failed" = 0 ]; then failed=1; fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# Those whose name contains one of the words, into the caller's $projects.
find_projects() {
  local project name
  for project in "$root"/tests/*/*.Tests.csproj "$root"/tests/*/*.Conformance.csproj "$root"/samples/*/*/*.Tests.csproj "$root/tests/Pages/package.json"; do
    [ -f "$project" ] || continue
    case "$project" in
      *.json) name=Pages ;;
      *) name=$(basename "$project" .csproj) ;;
    esac
    if selected "$name" "$@"; then projects[$name]=$project; fi
  done
}

in_order() { # NAME ...: those of $slow_projects first
  { printf '%s\n' "${slow_projects[@]}" | grep -Fx -f <(printf '%s\n' "$@") || true; printf '%s\n' "$@" | sort | grep -Fxv -f <(printf '%s\n' "${slow_projects[@]}") || true; }
}

# Waits until one of $running has ended, and shows what it wrote. One that ended before it is waited for may be none that wait -n knows (bash 5.2); wait does.
reap() {
  local pid one name code
  until [ -n "${pid:-}" ]; do
    pid='' code=0
    for one in "${!running[@]}"; do kill -0 "$one" 2> /dev/null || pid=$one; done
    if [ -n "$pid" ]; then
      wait "$pid" || code=$?
    else
      wait -n -p pid "${!running[@]}" || code=$?
    fi
  done
  name=${running[$pid]}
  unset "running[$pid]"
  status[$name]=$code
  say "== $name"
  show "$name" "$code"
}

show() { if [ "$1" != Pages ] || [ "$2" != 0 ]; then cat "$results/$1.log" >&2; fi; } # RESULT-NAME EXIT-CODE

# Ends what runs, and shows what it wrote until then: whoever stops a run that hangs wants to know where.
stop_running() {
  local name
  if [ ${#running[@]} -gt 0 ]; then
    kill "${!running[@]}" 2> /dev/null || true
    for name in "${running[@]}"; do say "== $name was stopped" && tail -n 50 "$results/$name.log" >&2; done
  fi
  rm -rf "$results"
}

# What came of the caller's project $name, into its counts.
judge_project() {
  local trx="$results/$name.trx" counts again
  # A run that dies before it writes its results is a failure of its own.
  if [ "${status[$name]}" != 0 ]; then
    again=$(failed_tests "$trx")
    if [ "${STEWARD_TEST_RETRY:-1}" = 1 ] && [ -n "$again" ] && [ "$(wc -l <<< "$again")" -le 5 ] && ran_to_its_end "$trx" && say "== $name, again" && run_again "$name" "$name.again" --filter "$(test_filter "$again")"; then
      say "Passed only when they were tried again:" && say "$again"
      unsteady+=("$again")
      # What is counted is how each test ended.
      passed=$((passed + $(result_count "$trx")))
      failed=$((failed - $(result_count "$trx")))
    else
      broken=1
    fi
  fi
  if [ -f "$trx" ]; then
    counts=$(grep -o '<Counters [^>]*>' "$trx" | head -n 1)
    passed=$((passed + $(counter passed "$counts")))
    failed=$((failed + $(counter failed "$counts") + $(counter error "$counts") + $(counter timeout "$counts")))
    skipped=$((skipped + $(counter total "$counts") - $(counter executed "$counts")))
  else
    failed=$((failed + 1))
  fi
}

judge_pages() {
  local log="$results/Pages.log" again
  if [ "${status[Pages]}" != 0 ]; then
    if [ "${STEWARD_TEST_RETRY:-1}" = 1 ] && [ "$(node_counter fail "$log")" -le 3 ] && again=$(grep -o '^ *not ok [0-9]* - .*' "$log") && run_again Pages Pages; then
      unsteady+=("$again")
    else
      broken=1
    fi
  fi
  passed=$((passed + $(node_counter pass "$log")))
  failed=$((failed + $(node_counter fail "$log")))
  skipped=$((skipped + $(node_counter skipped "$log")))
}

# run_project, so that it can be stopped as others can: what runs in the foreground hears no Ctrl-C behind timeout, and outlives this script.
run_again() {
  local pid code=0
  (run_project "$@") > "$results/$2.log" 2>&1 &
  pid=$!
  running[$pid]=$2
  wait "$pid" || code=$?
  unset "running[$pid]"
  show "$2" "$code"
  return "$code"
}

# run_project NAME RESULT-NAME [ARGUMENT ...], within the caller's $results and $projects: takes the place of the shell that it is called in, so that it can be stopped. What a shell starts in the
# background may not hear Ctrl-C, and so would not what the tests start and interrupt.
run_project() {
  local project=${projects[$1]} name=$2
  if [ "$1" = Pages ]; then run_pages; fi
  shift 2
  exec env --default-signal=INT,QUIT timeout -k 60 1500 dotnet test "$project" -c Release --no-build -nologo -v quiet \
    --results-directory "$results" --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" "$@" -- RunConfiguration.TreatNoTestsAsError=true < /dev/null >&2
}

# Pages in Chromium, driven by Playwright from the npm registry.
run_pages() {
  cd "$root/tests/Pages"
  [ -d node_modules ] || npm ci --no-audit --no-fund --ignore-scripts > /dev/null
  STEWARD_HOST_DLL=$(output Host) exec env --default-signal=INT,QUIT timeout -k 60 600 node --test --test-reporter=tap ./*.test.mjs < /dev/null
}

# The results of a file that failed, one a line; a case of a theory is a line of its own.
failed_results() { { grep -o '<UnitTestResult [^>]*outcome="Failed"[^>]*' "$1" 2> /dev/null || true; } | sed 's/.* testName="\([^"]*\)".*/\1/'; }

# Whether a run had no trouble but failed tests: one whose process died holds only what ran before. (Each failed test is an error among the run's messages, too.)
ran_to_its_end() { ! grep -qE 'host process crashed|run was aborted|Catastrophic failure|Cleanup Failure' "$1"; }

result_count() { failed_results "$1" | wc -l; }

# The full names of the methods that failed, without the arguments of a theory.
failed_tests() { failed_results "$1" | sed 's/(.*//' | sort -u; }

test_filter() { sed 's/^/FullyQualifiedName=/' <<< "$1" | paste -sd '|'; }

selected() { # whether NAME contains one of the words; without words everything is
  local name=$1 word
  shift
  [ $# -eq 0 ] && return 0
  for word in "$@"; do
    case "$name" in *"$word"*) return 0 ;; esac
  done
  return 1
}

counter() { local value; value=$(sed -n "s/.*[ ]$1=\"\([0-9]*\)\".*/\1/p" <<< "$2"); echo "${value:-0}"; }

node_counter() { local value; value=$(sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$2" 2> /dev/null | tail -n 1); echo "${value:-0}"; }
