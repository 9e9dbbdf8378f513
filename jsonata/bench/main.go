// Command bench measures the expressions of testdata/bench.json with this
// package and with the npm package jsonata on Node.js, and prints a table. Of three
// measurements the best counts, on both sides.
//
//	cd jsonata && NODE_PATH=…/node_modules go run ./bench
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	ours, err := measureGo()
	if err != nil {
		return err
	}
	theirs, err := measureNode()
	if err != nil {
		return err
	}
	text, err := os.ReadFile("testdata/bench.json")
	if err != nil {
		return err
	}
	var file struct{ Expressions []struct{ Name, Expr string } }
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	fmt.Println("| expression | jsonata-js, ns | this package, ns | ratio |")
	fmt.Println("|---|---:|---:|---:|")
	var ratios []float64
	for _, e := range file.Expressions {
		a, b := theirs[e.Name].NS, ours[strings.ReplaceAll(e.Name, " ", "_")]
		if a == 0 || b == 0 {
			return fmt.Errorf("%q was not measured", e.Name)
		}
		ratios = append(ratios, a/b)
		fmt.Printf("| %s | %.0f | %.0f | %.1f |\n", e.Name, a, b, a/b)
	}
	slices.Sort(ratios)
	n := len(ratios)
	fmt.Printf("\nmedian %.1f, smallest %.1f\n", (ratios[n/2]+ratios[(n-1)/2])/2, ratios[0])
	return nil
}

var benchLine = regexp.MustCompile(`(?m)^BenchmarkEval/(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)

func measureGo() (map[string]float64, error) {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkEval$", "-count", "3", ".").Output()
	if err != nil {
		return nil, fmt.Errorf("go test: %w\n%s", err, out)
	}
	ns := map[string]float64{}
	for _, m := range benchLine.FindAllStringSubmatch(string(out), -1) {
		x, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return nil, err
		}
		if best, ok := ns[m[1]]; !ok || x < best {
			ns[m[1]] = x
		}
	}
	return ns, nil
}

type nodeResult struct {
	NS float64 `json:"ns"`
}

func measureNode() (map[string]nodeResult, error) {
	cmd := exec.Command("node", "bench/node.js", "testdata/bench.json")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("node: %w (NODE_PATH must have the package jsonata)", err)
	}
	var results map[string]nodeResult
	return results, json.Unmarshal(out, &results)
}
