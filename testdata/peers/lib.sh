# What the scripts of the peers have in common. They source it, take ports, start
# flowrun and servers, and compare. They work in a directory of their own, which
# ends with them, as all does that they start. There:
#
#	trace  all that happens in flowrun, a JSON object a line
#	log    what flowrun and the servers say
peer=$(basename "$0" .sh)
here=$PWD
dir=$(mktemp -d)
cd "$dir"
pids=

finish() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	wait
	cd / && rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' TERM INT

# ports NAME... sets and exports variables to ports of loopback that nobody uses.
# They lie below those that systems give to outgoing connections.
next_port=$((10000 + $$ * 31 % 10000))
ports() {
	for name in "$@"; do
		while
			next_port=$((next_port < 20000 ? next_port + 1 : 10000))
			socket "$next_port" '.*'
		do :; done
		eval "export $name=$next_port"
	done
}

# socket PORT REST looks for a socket whose line in /proc/net goes on so.
socket() {
	grep -Eq "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") $2" /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 2>/dev/null
}

# ipv6 tells whether loopback has an IPv6 address; not all containers do.
ipv6() { grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null; }

# eventually COMMAND... runs it until it succeeds, for ten seconds at most.
eventually() {
	deadline=$(($(date +%s) + 10))
	until "$@" 2>/dev/null; do
		[ "$(date +%s)" -lt "$deadline" ] && alive || return 1
		sleep 0.05
	done
}

# serve COMMAND... runs a server in the background, with the id $served.
serve() {
	"$@" >>log 2>&1 </dev/null &
	served=$!
	pids="$served $pids"
}

# stop ID [SIGNAL] ends a server.
stop() {
	pids=$(echo "$pids" | sed "s/\b$1 //")
	kill "-${2:-TERM}" "$1"
	wait "$1" 2>/dev/null
}

# alive tells whether all that was served still runs.
alive() {
	for pid in $pids; do kill -0 "$pid" 2>/dev/null || return 1; done
}

# serves PORT... waits until somebody listens for connections there.
serves() {
	for port in "$@"; do
		eventually socket "$port" '[0-9A-F]+:0000 0A' || give_up "something listens on port $port"
	done
}

# example NAME PORT=OTHER... copies a flow of flows/ to here, with other ports.
example() {
	name=$1 script=
	shift
	for port in "$@"; do script="$script;s/\\b${port%=*}\\b/${port#*=}/g"; done
	sed "$script" "$here/../../flows/$name" >"$name"
}

# flows [ARGUMENT...] runs flowrun with the flows of the peer, if it has some of its
# own, and further arguments of flowrun deploy.
flows() {
	ports ADMIN
	own=$here/$peer.yaml
	[ -e "$own" ] && set -- "$own" "$@"
	serve "$FLOWRUN" deploy "$@" --admin "127.0.0.1:$ADMIN" --trace trace --drain 1s
	eventually grep -q '"state":"started"' trace || give_up 'the flows start'
}

# inject NODE [MESSAGE] gives a node a message.
inject() { "$FLOWRUN" inject --to "http://127.0.0.1:$ADMIN" "$@" >>log 2>&1; }

# sessions prints the open sessions as JSON.
sessions() { "$FLOWRUN" sessions --json --to "http://127.0.0.1:$ADMIN"; }

fail() { # WHAT WANTED GOT
	printf 'FAIL %s: %s\n  wanted %s\n  got    %s\n' "$peer" "$1" "$2" "$(printf '%s' "$3" | tail -n 20)"
}

give_up() { # WHAT
	fail "$1" 'that it does' "$(tail -n 5 log)"
	exit
}

# same WHAT WANTED GOT compares texts.
same() {
	if [ "$2" = "$3" ]; then echo "ok $peer: $1"; else fail "$@"; fi
}

# has WHAT PATTERN TEXT looks for a line that matches a pattern of grep -E.
has() {
	if printf '%s\n' "$3" | grep -Eq -e "$2"; then echo "ok $peer: $1"; else fail "$@"; fi
}

# event WHAT NODE PATTERN waits until a node has sent a message whose JSON matches;
# NODE is a pattern of ids.
event() {
	if eventually grep -Eq "\"t\":\"send\",\"id\":\"$2\".*$3" trace; then
		echo "ok $peer: $1"
	else
		fail "$1" "$2 sends $3" "$(grep "\"t\":\"send\",\"id\":\"$2\"" trace | tail -n 3)"
	fi
}

# certificate NAME SUBJECT [ISSUER] makes NAME.pem and NAME.key, valid for
# localhost and the addresses of loopback; without an issuer it is an authority.
certificate() {
	if [ $# = 2 ]; then set -- "$1" "$2" -addext 'basicConstraints=critical,CA:true'; else
		set -- "$1" "$2" -CA "$3.pem" -CAkey "$3.key" \
			-addext 'basicConstraints=critical,CA:false' -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
	fi
	name=$1 subject=$2
	shift 2
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "$subject" \
		-keyout "$name.key" -out "$name.pem" "$@" 2>>log
}
