package format

import "strings"

// Kinds of Sysmon's events, by number (Microsoft, "Sysmon", events).
var sysmonKinds = map[string]Kind{
	"1": ProcessLog, "2": FileLog, "3": FlowLog, "5": ProcessLog, "6": ModuleLog, "7": ModuleLog, "8": ProcessLog, "9": FileLog,
	"10": ProcessLog, "11": FileLog, "12": RegistryLog, "13": RegistryLog, "14": RegistryLog, "15": FileLog, "22": DNSLog,
	"23": FileLog, "24": FileLog, "25": ProcessLog, "26": FileLog, "27": FileLog, "28": FileLog, "29": FileLog,
}

// Kinds of the security log's events that name what indicators are.
var securityKinds = map[string]Kind{
	"4624": AuthLog, "4625": AuthLog, "4634": AuthLog, "4648": AuthLog, "4672": AuthLog, "4768": AuthLog, "4769": AuthLog, "4771": AuthLog,
	"4776": AuthLog, "4688": ProcessLog, "4689": ProcessLog, "5156": FlowLog, "5157": FlowLog, "5158": FlowLog, "4663": FileLog, "1102": AuditLog,
	"4657": RegistryLog, "1116": AlertLog, "1117": AlertLog, "3008": DNSLog,
}

// WindowsKind tells the kind of a Windows event by event number and provider.
func WindowsKind(out *Record) Kind {
	var id string
	sysmon := false
	for _, f := range out.Fields {
		switch Normal(f.Name[strings.LastIndexByte(f.Name, '.')+1:]) {
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
