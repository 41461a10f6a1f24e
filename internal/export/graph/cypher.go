package graph

import (
	"fmt"
	"io"
	"strings"

	"clew/internal/export"
)

func writeCypher(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "//", "cypher", s)
	l.Line("CREATE CONSTRAINT clew_indicator IF NOT EXISTS FOR (i:Indicator) REQUIRE i.id IS UNIQUE;")
	for _, n := range nodes(s) {
		l.Line(fmt.Sprintf("MERGE (i:Indicator {id: %s}) SET i.kind = %s, i.value = %s, i.band = %s, i.confidence = %d, i.trace = %s;",
			constant(id(n.value)), constant(n.value.Kind().String()), constant(n.value.Text()), constant(n.band()), n.confidence(), constant(n.trace())))
	}
	for _, e := range s.Edges {
		l.Line(fmt.Sprintf("MATCH (a:Indicator {id: %s}), (b:Indicator {id: %s}) MERGE (a)-[:RELATED {relation: %s}]->(b);",
			constant(id(e.From)), constant(id(e.To)), constant(e.Relation.String())))
	}
	return l.Close()
}

// constant writes a string: the quote and the backslash mean something in it,
// and what cannot be seen is an escape (Cypher Manual, "String literal escape
// sequences").
func constant(text string) string {
	text = strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text)
	return "'" + string(export.JSON([]byte(text))) + "'"
}
