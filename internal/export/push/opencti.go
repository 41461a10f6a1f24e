package push

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"clew/internal/export"
	"clew/internal/export/stix"
)

// The two mutations of OpenCTI's GraphQL schema that an import takes: a
// connector says who it is, then pushes a bundle, which the platform's workers
// import in the background.
const (
	register = `mutation RegisterConnector($input: RegisterConnectorInput) { registerConnector(input: $input) { id } }`
	push     = `mutation StixBundlePush($connectorId: String!, $bundle: String!) { stixBundlePush(connectorId: $connectorId, bundle: $bundle) }`
)

// graphQL is a question and its variables.
type graphQL struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

type graphQLErrors []struct {
	Message string `json:"message"`
}

func (e graphQLErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	texts := make([]string, 0, 3)
	for _, one := range e[:min(len(e), cap(texts))] {
		texts = append(texts, export.Visible(one.Message[:min(len(one.Message), 200)]))
	}
	return fmt.Errorf("the server refuses: %s", strings.Join(texts, "; "))
}

func pushOpenCTI(ctx context.Context, c courier, s export.Set) (Result, error) {
	connector := export.UUID("opencti-connector", s.Producer)
	var registered struct {
		Data struct {
			Register struct{ ID string } `json:"registerConnector"`
		}
		Errors graphQLErrors
	}
	err := c.send(ctx, http.MethodPost, "/graphql", jsonHeader.Clone(), graphQL{register, map[string]any{"input": map[string]any{
		"id": connector, "name": "clew", "type": "EXTERNAL_IMPORT", "scope": []string{"application/json"}, "auto": false, "only_contextual": false,
	}}}, &registered)
	if err == nil {
		err = registered.Errors.err()
	}
	if err != nil {
		return Result{}, fmt.Errorf("registering the connector: %w", err)
	}
	bundle, err := json.Marshal(stix.Bundle(s))
	if err != nil {
		return Result{}, err
	}
	var pushed struct {
		Data struct {
			Push bool `json:"stixBundlePush"`
		}
		Errors graphQLErrors
	}
	err = c.send(ctx, http.MethodPost, "/graphql", jsonHeader.Clone(), graphQL{push, map[string]any{"connectorId": connector, "bundle": string(bundle)}}, &pushed)
	if err == nil {
		err = pushed.Errors.err()
	}
	if err == nil && !pushed.Data.Push {
		err = fmt.Errorf("the server did not take the bundle")
	}
	if err != nil {
		return Result{}, fmt.Errorf("pushing the bundle: %w", err)
	}
	return Result{fmt.Sprintf("bundle with %s taken; its workers import it now", export.Plural(len(s.Entries), "indicator", "indicators"))}, nil
}
