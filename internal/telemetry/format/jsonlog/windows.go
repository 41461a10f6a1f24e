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

// Kinds of Sysmon's events, by number (Microsoft, "Sysmon", events).
var sysmonKinds = map[string]format.Kind{
	"1": format.ProcessLog, "2": format.FileLog, "3": format.FlowLog, "5": format.ProcessLog, "6": format.ModuleLog, "7": format.ModuleLog, "8": format.ProcessLog, "9": format.FileLog,
	"10": format.ProcessLog, "11": format.FileLog, "12": format.RegistryLog, "13": format.RegistryLog, "14": format.RegistryLog, "15": format.FileLog, "22": format.DNSLog,
	"23": format.FileLog, "24": format.FileLog, "25": format.ProcessLog, "26": format.FileLog, "27": format.FileLog, "28": format.FileLog, "29": format.FileLog,
}

// Kinds of the security log's events that name what indicators are.
var securityKinds = map[string]format.Kind{
	"4624": format.AuthLog, "4625": format.AuthLog, "4634": format.AuthLog, "4648": format.AuthLog, "4672": format.AuthLog, "4768": format.AuthLog, "4769": format.AuthLog, "4771": format.AuthLog,
	"4776": format.AuthLog, "4688": format.ProcessLog, "4689": format.ProcessLog, "5156": format.FlowLog, "5157": format.FlowLog, "5158": format.FlowLog, "4663": format.FileLog, "1102": format.AuditLog,
	"4657": format.RegistryLog, "1116": format.AlertLog, "1117": format.AlertLog, "3008": format.DNSLog,
}

// windowsKind tells the kind by event number and provider.
func windowsKind(out *format.Record) format.Kind {
	var id string
	sysmon := false
	for _, f := range out.Fields {
		switch format.Normal(f.Name[strings.LastIndexByte(f.Name, '.')+1:]) {
		case "eventid", "code", "eventcode":
			if id == "" {
				id = f.Value
			}
		case "channel", "sourcename", "providername", "provider", "name":
			sysmon = sysmon || strings.Contains(f.Value, "Sysmon")
		}
	}
	if sysmon {
		return sysmonKinds[id]
	}
	return securityKinds[id]
}
