// Package storage keeps what was deployed in a directory, with the files of
// Node-RED's user directory, so that either can go on with what the other has
// left:
//
//	flows.json              the flows, as Node-RED writes them
//	flows_cred.json         their credentials, encrypted
//	.flows.json.backup      both as they were before the last deploy
//	.flows_cred.json.backup
//	.config.runtime.json    the secret of the credentials, if the user gave none
//	.logins.json            who has logged in: hashes of tokens (package auth)
//	.flowrun.lock           locked while a flowrun uses the directory
//
// # Crashes
//
// The files of a deploy belong together: credentials without their flows are
// worth nothing. So they are replaced together. New files are written and synced
// in the directory .deploy.tmp, which then becomes .deploy by one rename. From
// that moment on the deploy is kept: what is left is to move the files out of
// .deploy over the old ones, and if a crash comes in between, the next [Open] does
// it. Whatever a crash leaves in .deploy.tmp was never acknowledged, and goes.
package storage
