package flowtests

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// The elements of a JUnit report, as Jenkins, GitLab and GitHub actions read
// them: https://github.com/testmoapp/junitxml
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		File      string        `xml:"file,attr"`
		Line      int           `xml:"line,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit prints results as JUnit XML: a suite for each file.
func WriteJUnit(w io.Writer, results []Result) error {
	report := junitReport{Tests: len(results)}
	var total time.Duration
	for _, r := range results {
		last := len(report.Suites) - 1
		if last < 0 || report.Suites[last].Name != r.File {
			report.Suites = append(report.Suites, junitSuite{Name: r.File})
			last++
			total = 0
		}
		suite := &report.Suites[last]
		c := junitCase{Name: r.Test.Name, ClassName: r.File, File: r.Test.Pos.File, Line: r.Test.Pos.Line, Time: seconds(r.Took)}
		if f := r.Failure; f != nil {
			c.Failure = &junitFailure{Message: f.Text, Type: "failure", Text: f.Details()}
			suite.Failures++
			report.Failures++
		}
		total += r.Took
		suite.Tests++
		suite.Time = seconds(total)
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
