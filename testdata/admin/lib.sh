# What the scripts here have in common. They print, for each request,
#
#     ### a name
#     METHOD path
#     the body of the answer
#     status content-type [WWW-Authenticate]
#
# Tokens and ids that are made up by the server print as TOKEN and ID, and pages
# in HTML, which have no say in an API, as one line.
url=$1
json='Content-Type: application/json'

# call NAME METHOD PATH [ARGUMENT OF CURL...]
call() {
	printf '### %s\n%s %s\n' "$1" "$2" "${3%%access_token=*}"
	method=$2 path=$3
	shift 3
	curl -sS -X "$method" -w '\n%{http_code} %{content_type} %header{www-authenticate}\n' "$@" "$url$path" | sed \
		-e 's/"access_token":"[^"]*"/"access_token":"TOKEN"/' \
		-e 's/"[0-9a-f]\{16\}"/"ID"/g' \
		-e 's/ *$//' \
		-e '/^<!DOCTYPE html>/,/^<\/html>/c\
(a page)'
}

# put NAME METHOD PATH JSON
put() { call "$1" "$2" "$3" -H "$json" -d "$4"; }

# await PATH TEXT waits until the answer has the text; messages take their time.
await() {
	tries=0
	until curl -sS "$url$1" | grep -qF -e "$2"; do
		tries=$((tries + 1))
		if [ "$tries" -gt 100 ]; then
			echo "$1 never had $2" >&2
			exit 1
		fi
		sleep 0.05
	done
}

# field NAME reads JSON and prints the text of a property of it.
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'; }
