# shellcheck shell=bash
# What engine/demo, tests/run and .ci/run share: finds or installs what a build needs, builds the
# rules to WebAssembly, builds the program. Sourced, never run; the caller stands in the top folder.
# Installs system packages only where something is missing, and says what before it does.

# The oldest Rust that builds the workspace; the same as rust-version in Cargo.toml.
rust_minor_min=95
# The oldest Java that a Kafka 4 broker runs on.
java_major_min=17
# Crates under rules/ that are built to WebAssembly.
rules=(saas-health silent-account)

say() {
    printf '\033[1m==>\033[0m %s\n' "$*" >&2
}

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# --- system packages -----------------------------------------------------------------------------

package_manager() {
    local manager
    for manager in apt-get dnf brew; do
        if have "$manager"; then
            echo "$manager"
            return
        fi
    done
    echo none
}

# Runs a command as root where we are not: sudo asks on a terminal and only on one.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        return 1
    fi
}

install_packages() {
    say "installing: $*"
    case "$(package_manager)" in
        apt-get)
            as_root apt-get update -qq || return 1
            as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends "$@" >&2
            ;;
        dnf) as_root dnf install -y -q "$@" >&2 ;;
        brew) brew install --quiet "$@" >&2 ;;
        *) return 1 ;;
    esac
}

# The name of a package with this package manager: <apt> <dnf> <brew>; `-` where there is none.
package_name() {
    local name
    case "$(package_manager)" in
        dnf) name=$2 ;;
        brew) name=$3 ;;
        *) name=$1 ;;
    esac
    [ "$name" = - ] || echo "$name"
}

have_library() {
    have pkg-config && pkg-config --exists "$1"
}

have_venv() {
    python3 -c 'import ensurepip, venv' 2>/dev/null
}

# What LightGBM runs its loops with.
have_openmp() {
    case "$(package_manager)" in
        brew) brew list libomp >/dev/null 2>&1 ;;
        *) ldconfig -p 2>/dev/null | grep -q 'libgomp\.so\.1' ;;
    esac
}

java_major() {
    java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1
}

have_java() {
    local major
    # macOS has a `java` that only says that there is none.
    major=$(java_major 2>/dev/null) && [ "${major:-0}" -ge "$java_major_min" ]
}

java_package() {
    # Debian and Ubuntu ship different versions; the newest long-term one that is there.
    local major
    if [ "$(package_manager)" = apt-get ]; then
        for major in 25 21 17; do
            if apt-cache show "openjdk-$major-jre-headless" >/dev/null 2>&1; then
                echo "openjdk-$major-jre-headless"
                return
            fi
        done
    fi
    package_name openjdk-21-jre-headless java-21-openjdk-headless openjdk@21
}

# Packages that are missing for: build, test.
missing_packages() {
    local purpose=$1
    if [ "$purpose" = build ]; then
        have cc || package_name build-essential gcc -
        have c++ || package_name g++ gcc-c++ -
        have make || package_name make make make
        have perl || package_name perl perl perl
        have pkg-config || package_name pkg-config pkgconf-pkg-config pkgconf
        have_library openssl || package_name libssl-dev openssl-devel openssl@3
        have_library zlib || package_name zlib1g-dev zlib-devel zlib
    else
        # The test that trains models makes its own environment and installs its packages there.
        have_venv || package_name python3-venv python3 python3
        have_openmp || package_name libgomp1 libgomp libomp
        [ -z "${PULS_TEST_KAFKA:-}" ] || return 0
        have_java || java_package
        have mvn || package_name maven maven maven
    fi
}

brew_paths() {
    # Homebrew keeps these out of the way of the system's own.
    local formula prefix
    for formula in openssl@3 zlib; do
        prefix=$(brew --prefix "$formula" 2>/dev/null) || continue
        PKG_CONFIG_PATH="$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
        CPPFLAGS="-I$prefix/include ${CPPFLAGS:-}"
        LDFLAGS="-L$prefix/lib ${LDFLAGS:-}"
    done
    prefix=$(brew --prefix openjdk@21 2>/dev/null) && PATH="$prefix/bin:$PATH"
    export PKG_CONFIG_PATH CPPFLAGS LDFLAGS PATH
}

# Makes sure of the system packages for each purpose: build, test.
need_packages() {
    local missing=() package purpose
    [ "$(package_manager)" != brew ] || brew_paths
    for purpose in "$@"; do
        while read -r package; do
            missing+=("$package")
        done < <(missing_packages "$purpose")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    install_packages "${missing[@]}" || fail "These packages are missing and could not be installed:
    ${missing[*]}
Install them by hand (as root), then run this again."
    [ "$(package_manager)" != brew ] || brew_paths
}

# --- Rust ----------------------------------------------------------------------------------------

rust_minor() {
    rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p'
}

need_rust() {
    local minor
    have cargo || PATH="$HOME/.cargo/bin:$PATH"
    have cargo || fail "Rust is missing. Install rustup as https://rustup.rs says, then run this again."
    minor=$(rust_minor)
    if [ "${minor:-0}" -lt "$rust_minor_min" ]; then
        have rustup || fail "Rust 1.$rust_minor_min or newer is needed, and rustup to install it: https://rustup.rs"
        say "installing Rust 1.$rust_minor_min"
        rustup toolchain install "1.$rust_minor_min" --profile default >&2
        export RUSTUP_TOOLCHAIN="1.$rust_minor_min"
    fi
}

target_folder() {
    cargo metadata --no-deps --format-version 1 \
        | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

have_wasm_target() {
    local folder
    folder=$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) \
        && [ -d "$folder" ] && [ -n "$(ls -A "$folder")" ]
}

need_wasm_target() {
    have_wasm_target && return
    if have rustup && rustup target add wasm32-unknown-unknown >&2 && have_wasm_target; then
        return
    fi
    [ "$(package_manager)" = apt-get ] \
        || fail "The Rust target wasm32-unknown-unknown is missing and rustup could not add it."
    say "rustup has no wasm32 target here: using Debian's packages"
    install_packages rustc-web cargo-web rust-web-src lld-19 \
        || fail "Install one of: the Rust target wasm32-unknown-unknown (rustup target add), or
Debian's packages rustc-web cargo-web rust-web-src lld-19."
}

# Cargo for the guest: the installed one, or Debian's where only that has the target.
cargo_wasm() {
    if have_wasm_target; then
        cargo "$@"
        return
    fi
    # A stable compiler builds its standard library from source only when told that it may.
    env -u RUSTUP_TOOLCHAIN RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/bin/wasm-ld-19 \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C linker-flavor=wasm-ld" \
        /usr/bin/cargo "$@" -Zbuild-std=std,panic_abort
}

# Builds the rules under rules/ to <target>/rules/<name>.wasm.
build_rules() {
    local target rule packages=()
    need_wasm_target
    for rule in "${rules[@]}"; do
        packages+=(-p "$rule")
    done
    say "building the rules"
    cargo_wasm build --quiet --profile wasm --target wasm32-unknown-unknown "${packages[@]}"
    target=$(target_folder)
    mkdir -p "$target/rules"
    for rule in "${rules[@]}"; do
        cp "$target/wasm32-unknown-unknown/wasm/${rule//-/_}.wasm" "$target/rules/$rule.wasm"
    done
}

build_program() {
    say "building puls (the first time takes some minutes)"
    # The whole workspace, so that the tests need no dependency built again with other features.
    cargo build --quiet --workspace --bins
}
