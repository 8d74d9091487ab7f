#!/bin/sh
# Makes the root of an image out of the Debian that it runs on: assemble.sh RUNTIME ROOT, where RUNTIME is the path of node or bun.
# Programs are copied with the shared libraries that they ask for, and nothing else: there is no shell and no package manager.
# The packages that they are of are told in /var/lib/dpkg/status.d, where scanners look for them, with their licences.
set -eu
runtime=$1 root=$2

# tini is PID 1: it reaps what a killed worker leaves behind, and passes on our exit code, which says why we ended. bwrap is for
# WORKER_SANDBOX=strict, setpriv and prlimit are for the layers by default.
programs=$runtime
for name in tini bwrap setpriv prlimit; do programs="$programs $(command -v $name)"; done
native=$(find /app/node_modules/@img -name '*.node' -o -name '*.so.*')

# From Debian 12 on /lib is a link to /usr/lib.
in_usr() { case $1 in /usr/*) echo "$1" ;; *) echo "/usr$1" ;; esac; }

# The package of a file, which it may know by its path before or behind that link; none where it is of no package.
package_of() {
  for path in "$1" "$(readlink -f "$1")" "$(in_usr "$1")"; do
    dpkg --search "$path" 2>/dev/null || true
  done | head -n 1 | cut -d : -f 1
}

copy() {
  install -D --mode=0755 "$(readlink -f "$1")" "$root$(in_usr "$1")"
  package=$(package_of "$1")
  [ -n "$package" ] || return 0
  dpkg --status "$package" >"$root/var/lib/dpkg/status.d/$package"
  install -D --mode=0644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
}

install -d "$root/var/lib/dpkg/status.d" "$root/usr/lib64" "$root/etc" "$root/proc" "$root/dev" "$root/sys"
ln -s usr/lib usr/lib64 "$root/"
for program in $programs; do copy "$program"; done
ldd $programs $native | grep -o '/[^ :]* (0x' | cut -d ' ' -f 1 | grep -v /node_modules/ | sort -u | while read -r library; do
  copy "$library"
done

# Commands of ours, which begin with the runtime as there is no env.
command_of() {
  printf '#!%s\nawait import("/app/%s");\n' "$runtime" "$2" >"$root/usr/local/bin/$1"
  chmod 0755 "$root/usr/local/bin/$1"
}
command_of darkroom server/cli/darkroom.ts
command_of healthcheck healthcheck.ts

cp --dereference /etc/os-release /etc/debian_version "$root/etc/"
echo 'darkroom:x:10001:10001::/:/nonexistent' >"$root/etc/passwd"
echo 'darkroom:x:10001:' >"$root/etc/group"
install -d --mode=0700 --owner=10001 --group=10001 "$root/data"
install -d --mode=1777 "$root/tmp"
