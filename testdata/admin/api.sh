#!/bin/sh
# Talks to the admin API of a Node-RED, or of a flowrun, that has just started
# and has no flows: sh api.sh http://127.0.0.1:1880
set -eu
. "$(dirname "$0")/lib.sh"
v2='Node-RED-API-Version: v2'

call 'no flows' GET /flows
call 'no flows, v2' GET /flows -H "$v2"
call 'no such version' GET /flows -H 'Node-RED-API-Version: v3'
call 'no such version to deploy' POST /flows -H "$json" -H 'Node-RED-API-Version: v3' -d '[]'
call 'no global nodes' GET /flow/global
call 'state' GET /flows/state
put 'state cannot be set' POST /flows/state '{"state":"stop"}'

flows='[
{"id":"t1","type":"tab","label":"One","info":"about","env":[{"name":"E","value":"1","type":"str"}]},
{"id":"g1","type":"group","z":"t1","name":"G","style":{"label":true},"nodes":["i1"],"x":4,"y":9,"w":232,"h":82},
{"id":"i1","type":"inject","z":"t1","g":"g1","name":"go","props":[{"p":"payload","v":"7","vt":"num"},{"p":"topic","v":"t","vt":"str"}],"repeat":"","crontab":"","once":false,"x":110,"y":50,"wires":[["c1"]]},
{"id":"c1","type":"change","z":"t1","rules":[{"t":"set","p":"last","pt":"flow","to":"payload","tot":"msg"},{"t":"set","p":"topic","pt":"global","to":"topic","tot":"msg"}],"x":300,"y":50,"wires":[["d1","lo"]]},
{"id":"d1","type":"debug","z":"t1","name":"","active":true,"tosidebar":true,"console":false,"tostatus":false,"complete":"payload","targetType":"msg","x":480,"y":50,"wires":[]},
{"id":"lo","type":"link out","z":"t1","name":"","mode":"link","links":["li"],"x":480,"y":90,"wires":[]},
{"id":"i2","type":"inject","z":"t1","props":[{"p":"payload"}],"payload":"","payloadType":"date","repeat":"","crontab":"","once":false,"x":110,"y":150,"wires":[["f1"]]},
{"id":"f1","type":"function","z":"t1","name":"values","func":"flow.set(\"text\",\"a\\u00e9\");flow.set(\"yes\",true);flow.set(\"n\",-1.5);flow.set(\"none\",null);flow.set(\"list\",[1,\"two\",[3]]);flow.set(\"object\",{a:1,b:[1,2],c:{d:null},e:Buffer.from(\"hi\"),f:undefined,g:NaN});flow.set(\"bytes\",Buffer.from(\"bytes\"));flow.set(\"long\",\"x\".repeat(1200));flow.set(\"many\",new Array(1100).fill(0));flow.set(\"odd[\\\"a key\\\"]\",1);context.set(\"own\",\"mine\");flow.set(\"ready\",1);return msg;","outputs":1,"timeout":0,"noerr":0,"initialize":"","finalize":"","libs":[],"x":300,"y":150,"wires":[[]]},
{"id":"t2","type":"tab","label":"Two","disabled":true,"info":""},
{"id":"li","type":"link in","z":"t2","name":"","links":["lo"],"x":95,"y":80,"wires":[[]]},
{"id":"gc","type":"global-config","env":[{"name":"GE","type":"str","value":"x"}],"modules":{}},
{"id":"sf","type":"subflow","name":"S","info":"","in":[{"x":40,"y":40,"wires":[{"id":"sc"}]}],"out":[{"x":300,"y":40,"wires":[{"id":"sc","port":0}]}],"env":[{"name":"KEY","type":"cred","value":""}]},
{"id":"sg","type":"group","z":"sf","name":"","style":{},"nodes":["sc"],"x":1,"y":2,"w":3,"h":4},
{"id":"sc","type":"change","z":"sf","g":"sg","rules":[{"t":"set","p":"seen","pt":"msg","to":"true","tot":"bool"}],"x":160,"y":40,"wires":[[]]},
{"id":"s1","type":"subflow:sf","z":"t1","name":"","env":[{"name":"KEY","type":"cred","value":""}],"x":300,"y":200,"wires":[[]]},
{"id":"x1","type":"comment","z":"t9","name":"in a flow without a tab","x":10,"y":10,"wires":[]}
]'

put 'deploy, v1' POST /flows "$flows"
call 'flows' GET /flows
call 'flows, v2' GET /flows -H "$v2"
rev=$(curl -sS -H "$v2" "$url/flows" | field rev)
call 'deploy over another revision' POST /flows -H "$json" -H "$v2" -d '{"flows":[],"rev":"0123"}'
call 'deploy, v2' POST /flows -H "$json" -H "$v2" -d "{\"flows\":$flows,\"rev\":\"$rev\"}"
call 'deploy nodes only' POST /flows -H "$json" -H 'Node-RED-Deployment-Type: nodes' -d "$flows"
call 'deploy flows only' POST /flows -H "$json" -H "$v2" -H 'Node-RED-Deployment-Type: flows' -d "{\"flows\":$flows}"

call 'flow' GET /flow/t1
call 'disabled flow' GET /flow/t2
call 'flow without a tab' GET /flow/t9
call 'global' GET /flow/global
call 'a subflow is no flow' GET /flow/sf
call 'no such flow' GET /flow/none

call 'press what has no button' POST /inject/c1
call 'press what has other buttons' POST /inject/d1
call 'press a button' POST /inject/i1
await /context/flow/t1/last 7
call 'value' GET /context/flow/t1/last
put 'press it with other values' POST /inject/i1 '{"__user_inject_props__":[{"p":"payload","v":"hello","vt":"str"}]}'
await /context/flow/t1/last hello
call 'its value' GET /context/flow/t1/last
put 'press it with what is ignored' POST /inject/i1 '{"payload":"ignored"}'
await /context/flow/t1/last 7
call 'press nothing' POST /inject/none

call 'set values' POST /inject/i2
await /context/flow/t1 '"ready"'
call 'all values' GET /context/flow/t1
for key in text yes n none list object bytes long many nothing; do
	call "value $key" GET "/context/flow/t1/$key"
	call "keys of $key" GET "/context/flow/t1/$key?keysOnly"
done
call 'value of a path' GET /context/flow/t1/object.c.d
call 'value of an item' GET '/context/flow/t1/list%5B2%5D%5B0%5D'
call 'value with odd name' GET '/context/flow/t1/odd%5B%22a%20key%22%5D'
call 'all keys' GET '/context/flow/t1?keysOnly'
call 'named store' GET '/context/flow/t1/text?store=memory'
call 'no such store' GET '/context/flow/t1?store=nowhere'
call 'global values' GET /context/global
call 'global value' GET /context/global/topic
call 'global keys' GET '/context/global?keysOnly'
call 'values of a node' GET /context/node/f1
call 'value of a node' GET /context/node/f1/own
call 'no such node' GET /context/node/none
call 'no such key of no such node' GET /context/node/none/key
call 'values of a subflow instance' GET /context/node/s1
call 'values of no such flow' GET /context/flow/none
call 'delete a value' DELETE /context/flow/t1/text
call 'deleted' GET /context/flow/t1/text
call 'delete a value again' DELETE /context/flow/t1/text
call 'delete in no such store' DELETE '/context/flow/t1/n?store=nowhere'
call 'delete of no such node' DELETE /context/node/none/key
call 'delete all values' DELETE /context/flow/t1

call 'debug off' POST /debug/d1/disable
call 'debug on' POST /debug/d1/enable
call 'debug neither' POST /debug/d1/maybe
call 'debug of nothing' POST /debug/none/enable
put 'debug list off' POST /debug/disable '{"nodes":["d1","none"]}'
put 'debug list on' POST /debug/enable '{"nodes":["d1"]}'
put 'debug without a list' POST /debug/enable '{}'
put 'debug list neither' POST /debug/maybe '{"nodes":[]}'

put 'replace a flow' PUT /flow/t2 '{"id":"t2","label":"Second","info":"new","disabled":false,"env":[],"nodes":[{"id":"li","type":"link in","z":"elsewhere","name":"","links":["lo"],"x":95,"y":80,"wires":[[]]}],"configs":[]}'
call 'replaced flow' GET /flow/t2
put 'replace no such flow' PUT /flow/none '{"nodes":[]}'
put 'replace global' PUT /flow/global '{"id":"global","configs":[{"id":"gc","type":"global-config","env":[{"name":"GE","type":"str","value":"y"}],"modules":{}}],"subflows":[{"id":"sf","type":"subflow","name":"Renamed","info":"","in":[],"out":[],"env":[],"nodes":[{"id":"sc","type":"comment","z":"sf","name":"","x":1,"y":2,"wires":[]}],"configs":[]}]}'
call 'replaced global' GET /flow/global
call 'flows after that' GET /flows
put 'add a flow' POST /flow '{"label":"Added","info":"i","env":[{"name":"A","value":"b","type":"str"}],"nodes":[{"id":"a1","type":"comment","name":"","x":1,"y":2,"wires":[]}],"configs":[{"id":"a2","type":"unknown"}]}'
put 'add a flow without nodes' POST /flow '{"label":"Added"}'
put 'add a node that is there' POST /flow '{"nodes":[{"id":"i1","type":"inject"}]}'
put 'add a tab in a flow' POST /flow '{"nodes":[{"id":"q","type":"tab"}]}'
put 'add an empty flow' POST /flow '{"label":"Empty","nodes":[]}'
call 'delete a flow' DELETE /flow/t2
call 'delete no such flow' DELETE /flow/t2
call 'delete global' DELETE /flow/global
call 'flows at last' GET /flows

call 'deploy credentials' POST /flows -H "$json" -H "$v2" -d '{"flows":[{"id":"t1","type":"tab","label":"","env":[{"name":"KEY","type":"cred"}],"credentials":{"KEY":"planted-secret"}},{"id":"sf","type":"subflow","name":"S","in":[],"out":[],"env":[]},{"id":"s1","type":"subflow:sf","z":"t1","x":1,"y":2,"wires":[],"env":[{"name":"PIN","type":"cred"}]}],"credentials":{"s1":{"PIN":"planted-secret","EMPTY":""}}}'
call 'flows without credentials' GET /flows -H "$v2"
call 'flow without credentials' GET /flow/t1
call 'credentials of a flow' GET /credentials/tab/t1
call 'credentials of a subflow instance' GET /credentials/subflow/s1
call 'no credentials' GET /credentials/inject/none

call 'types' GET /nodes -H 'Accept: application/json' -o /dev/null
call 'module' GET /nodes/node-red -H 'Accept: application/json' -o /dev/null
call 'set' GET /nodes/node-red/inject -H 'Accept: application/json'
call 'set of several types' GET /nodes/node-red/link -H 'Accept: application/json'
call 'no such module' GET /nodes/none
call 'no such set' GET /nodes/node-red/none -H 'Accept: application/json'
put 'enable nothing' PUT /nodes/node-red/inject '{}'
put 'disable no such set' PUT /nodes/none/inject '{"enabled":false}'
put 'install nothing' POST /nodes '{}'
call 'remove a module that is built in' DELETE /nodes/node-red
call 'remove no such module' DELETE /nodes/none

call 'settings' GET /settings
call 'diagnostics' GET /diagnostics -o /dev/null
call 'nobody has to log in' GET /auth/login
call 'no token is needed' POST /auth/token -d 'client_id=node-red-admin' -o /dev/null
put 'body that is no JSON' POST /flow '{'
call 'no such path' GET /nosuch -o /dev/null
