#!/bin/sh
# Records what a real Node-RED answers to api.sh and login.sh, into
# node-red.txt and node-red-login.txt. NODE_RED is the file red.js of an
# installed node-red: NODE_RED=node_modules/node-red/red.js sh record.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
port=${PORT:-18809}

record() { # SCRIPT ANSWERS ADMINAUTH
	mkdir "$work/$1"
	cat >"$work/$1/settings.js" <<END
module.exports = { uiHost: "127.0.0.1", uiPort: $port, flowFile: "flows.json", credentialSecret: "recorded", adminAuth: $3 }
END
	: >"$work/$1/log"
	node "$NODE_RED" -u "$work/$1" -s "$work/$1/settings.js" >>"$work/$1/log" 2>&1 &
	trap 'kill $!; rm -rf "$work"' EXIT
	until grep -q 'Started flows' "$work/$1/log"; do sleep 0.1; done
	sh "$here/$1" "http://127.0.0.1:$port" >"$here/$2"
	kill $!
	wait $! || :
	trap - EXIT
}

record api.sh node-red.txt null
record login.sh node-red-login.txt "$(cat "$here/users.json")"
rm -rf "$work"
