// Package bench compares flowrun with a plain Go server that does the same: both
// run as processes of their own, get the same load in the same run, and what
// counts is the CPU time that a message costs them.
//
//	make bench                              # the table of docs/performance.md
//	go test -run '^$' -bench Echo ./bench   # the echo flows alone
//
// The package has the servers and the loads; the command flowbench in the folder
// below has the flows, the targets, the table and the plots.
//
// A machine that is busy makes both servers slower, so the ratio of the two is
// what to look at. No time makes a benchmark fail; a wrong byte does.
package bench
