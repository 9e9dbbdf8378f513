#!/bin/sh
# Logs in to the admin API of a Node-RED, or of a flowrun, with the users of
# users.json: sh login.sh http://127.0.0.1:1880
set -eu
. "$(dirname "$0")/lib.sh"

form() { # NAME FORM
	call "$1" POST /auth/token -d "$2"
}
client='client_id=node-red-admin&grant_type=password'
token() { # USER SCOPE
	curl -sS "$url/auth/token" -d "$client&username=$1&password=open-sesame&scope=$2" | field access_token
}

call 'how to log in' GET /auth/login
call 'without a token' GET /flows
call 'with a wrong token' GET /flows -H 'Authorization: Bearer wrong'
call 'with another scheme' GET /flows -H 'Authorization: Basic d3Jvbmc6d3Jvbmc='
call 'settings without a token' GET /settings
call 'revoke without a token' POST /auth/revoke -d 'token=wrong'
form 'no client' 'grant_type=password&username=admin&password=open-sesame&scope=*'
form 'no such client' 'client_id=curl&grant_type=password&username=admin&password=open-sesame&scope=*'
form 'no such grant' 'client_id=node-red-admin&grant_type=magic&username=admin&password=open-sesame&scope=*'
form 'no user' "$client&password=open-sesame&scope=*"
form 'no password' "$client&username=admin&scope=*"
form 'no such user' "$client&username=nobody&password=open-sesame&scope=*"
form 'wrong password' "$client&username=admin&password=wrong&scope=*"
form 'scope beyond the permissions' "$client&username=reader&password=open-sesame&scope=*"
form 'log in' "$client&username=admin&password=open-sesame&scope=*"
put 'log in with JSON' POST /auth/token '{"client_id":"node-red-editor","grant_type":"password","username":"admin","password":"open-sesame","scope":""}'

admin=$(token admin '*') reader=$(token reader '') some=$(token some '') narrow=$(token admin 'flows.read%20nodes.read')
as() { # TOKEN NAME METHOD PATH [ARGUMENT OF CURL...]
	bearer=$1
	shift
	call "$@" -H "Authorization: Bearer $bearer"
}
as "$admin" 'flows as admin' GET /flows
as "$reader" 'flows as reader' GET /flows
as "$some" 'flows as somebody' GET /flows
as "$narrow" 'flows with a scope' GET /flows
as "$admin" 'deploy as admin' POST /flows -H "$json" -d '[{"id":"t1","type":"tab","label":"One"}]'
as "$reader" 'deploy as reader' POST /flows -H "$json" -d '[]'
as "$some" 'deploy as somebody' POST /flows -H "$json" -d '[]'
as "$narrow" 'deploy with a scope' POST /flows -H "$json" -d '[]'
as "$reader" 'context as reader' GET /context/global
as "$some" 'context as somebody' GET /context/global
as "$narrow" 'types with a scope' GET /nodes/node-red/none -H 'Accept: application/json'
as "$some" 'settings as somebody' GET /settings
as "$reader" 'settings as reader' GET /settings
as "$reader" 'press a button as reader' POST /inject/none
as "$some" 'press a button as somebody' POST /inject/none
call 'token in the query' GET "/flow/none?access_token=$(printf %s "$reader" | sed 's/+/%2B/g; s/=/%3D/g; s#/#%2F#g')"
as "$admin" 'log out' POST /auth/revoke --data-urlencode "token=$admin"
as "$admin" 'after that' GET /flows

for try in 1 2 3 4 5 6; do
	form "wrong password $try" "$client&username=some&password=wrong&scope="
done
form 'right password too late' "$client&username=some&password=open-sesame&scope="
form 'another user' "$client&username=reader&password=open-sesame&scope="
