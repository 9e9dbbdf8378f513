package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	//go:embed titles.json
	titlesFile []byte
	//go:embed reasons.yaml
	reasonsFile []byte
)

// plan is what is to run, and what is expected.
type plan struct {
	specs   []spec
	leftOut []leftOut
}

// spec is a spec file of Node-RED.
type spec struct {
	path   string // below the test folder, with slashes
	titles []string
	// reasons say why titles do not pass.
	reasons map[string]string
}

// leftOut are the spec files of a folder that do not run, or one of them.
type leftOut struct {
	Folder string `yaml:"folder"`
	Why    string `yaml:"why"`

	titles int
}

// reasons is what reasons.yaml holds.
type reasons struct {
	LeftOut []leftOut `yaml:"leftOut"`
	Failing []struct {
		Why    string              `yaml:"why"`
		Titles map[string][]string `yaml:"titles"` // by spec file
	} `yaml:"failing"`
}

// newPlan returns the plan for the spec files whose path matches.
func newPlan(only *regexp.Regexp) (*plan, error) { return parsePlan(titlesFile, reasonsFile, only) }

func parsePlan(titlesText, reasonsText []byte, only *regexp.Regexp) (*plan, error) {
	var titles map[string][]string
	if err := json.Unmarshal(titlesText, &titles); err != nil {
		return nil, fmt.Errorf("reading the titles: %w", err)
	}
	var why reasons
	decoder := yaml.NewDecoder(bytes.NewReader(reasonsText))
	decoder.KnownFields(true)
	if err := decoder.Decode(&why); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the reasons: %w", err)
	}
	byPath, err := why.byPath(titles)
	if err != nil {
		return nil, err
	}
	p := &plan{leftOut: why.LeftOut}
	for _, path := range slices.Sorted(maps.Keys(titles)) {
		if i := slices.IndexFunc(p.leftOut, func(l leftOut) bool { return strings.HasPrefix(path+"/", l.Folder+"/") }); i >= 0 {
			p.leftOut[i].titles += len(titles[path])
		} else if only.MatchString(path) {
			p.specs = append(p.specs, spec{path, titles[path], byPath[path]})
		}
	}
	if len(p.specs) == 0 {
		return nil, errors.New("there is no such spec file")
	}
	return p, nil
}

// byPath returns the reasons by spec file and title. A title that there is not, or
// one with two reasons, is an error.
func (r reasons) byPath(titles map[string][]string) (map[string]map[string]string, error) {
	byPath := map[string]map[string]string{}
	for _, f := range r.Failing {
		for path, list := range f.Titles {
			if byPath[path] == nil {
				byPath[path] = map[string]string{}
			}
			for _, title := range list {
				switch {
				case f.Why == "":
					return nil, fmt.Errorf("%s: %q has no reason", path, title)
				case !slices.Contains(titles[path], title):
					return nil, fmt.Errorf("%s: there is no title %q", path, title)
				case byPath[path][title] != "":
					return nil, fmt.Errorf("%s: %q has two reasons", path, title)
				}
				byPath[path][title] = f.Why
			}
		}
	}
	return byPath, nil
}
