package jsonlog

import (
	"strings"

	"clew/internal/telemetry/format"
)

// windowsField takes what Windows events write in a way of their own.
func windowsField(out *format.Record, path, value string) bool {
	name := path[strings.LastIndexByte(path, '.')+1:]
	switch name {
	case "Hashes", "ParentHashes", "hashes", "Hash":
		m := format.FileHash
		if out.Kind == format.ProcessLog {
			m = format.ProcessHash
		}
		take(out, path, value, m)
		return true
	case "QueryResults":
		take(out, path, value, format.Answer)
		return true
	case "SystemTime":
		out.AddAs(path, value, format.Time)
		return true
	case "EventData", "UserData", "Data", "param1", "param2", "param3", "EventXML", "xml", "OriginalEvent":
		if strings.Contains(value, "<") && strings.Contains(value, ">") {
			format.FlattenXML([]byte(value), func(p, v string) { add(out, nil, path+"."+p, v) })
			return true
		}
	}
	return false
}
