// Command bom finishes a bill of materials (CycloneDX 1.x, JSON) that cyclonedx-gomod
// made of a binary: it adds the packages of npm that the page in the binary is built from, and
// takes out what is no property of the binary, which are the time of making and the
// digests of the program that made the list: go run ./scripts/bom web < made > finished
package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"clew/scripts/npm"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bom FOLDER-OF-THE-PAGE < made > finished")
		os.Exit(2)
	}
	if err := finish(os.Stdin, os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bom:", err)
		os.Exit(1)
	}
}

func finish(made io.Reader, finished io.Writer, web string) error {
	packages, err := npm.OfPage(web)
	if err != nil {
		return err
	}
	var bill map[string]any
	if err := json.NewDecoder(made).Decode(&bill); err != nil {
		return err
	}
	metadata, _ := bill["metadata"].(map[string]any)
	components, _ := bill["components"].([]any)
	if bill["bomFormat"] != "CycloneDX" || metadata == nil || len(components) == 0 {
		return errors.New("this is no bill of materials of CycloneDX with components")
	}
	delete(bill, "serialNumber")
	delete(metadata, "timestamp")
	tools, _ := metadata["tools"].([]any)
	for _, tool := range tools {
		if tool, ok := tool.(map[string]any); ok {
			delete(tool, "hashes")
		}
	}
	for _, p := range packages {
		component, err := componentOf(p)
		if err != nil {
			return err
		}
		components = append(components, component)
	}
	bill["components"] = components
	out := json.NewEncoder(finished)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(bill) // members in the order of their names
}

func componentOf(p npm.Package) (map[string]any, error) {
	sum, found := strings.CutPrefix(p.Integrity, "sha512-")
	digest, err := base64.StdEncoding.DecodeString(sum)
	if !found || err != nil || len(digest) != 64 {
		return nil, fmt.Errorf("%s: no SHA-512 in %q", p.Name, p.Integrity)
	}
	// https://github.com/package-url/purl-spec: the @ of a scope is escaped.
	at := "pkg:npm/" + strings.ReplaceAll(url.PathEscape(p.Name), "%2F", "/") + "@" + url.PathEscape(p.Version)
	at = strings.Replace(at, "pkg:npm/@", "pkg:npm/%40", 1)
	licence := map[string]any{"license": map[string]any{"id": p.Licence}}
	if strings.ContainsAny(p.Licence, " (") {
		licence = map[string]any{"expression": p.Licence}
	}
	return map[string]any{
		"bom-ref": at, "type": "library", "name": p.Name, "version": p.Version, "scope": "required", "purl": at,
		"hashes":   []any{map[string]any{"alg": "SHA-512", "content": hex.EncodeToString(digest)}},
		"licenses": []any{licence},
	}, nil
}
