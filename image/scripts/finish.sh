#!/usr/bin/env bash
# Takes out what belongs to the build machine, makes it a machine like any other, and checks the result from inside. Run as
# root, last: the user that the build logged in as is deleted.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

say "clean"
"$here/clean.sh"
say "deprovision"
waagent -force -deprovision+user
# What is checked is what will be copied: nothing else happens after this.
say "verify"
"$here/verify.sh"
rm -rf "$root/tmp/bridge-image"
sync
