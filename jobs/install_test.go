package jobs

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"creditwatch/configs"
)

func example(cron string) installation {
	return installation{
		program: "/opt/credit watch/creditwatch", user: "credit", writes: []string{"/var/lib/50% $HOME", "/var/lib/node"},
		flags:  []string{"--data", "/var/lib/50% $HOME", "--set", `company=O'Neil "& Sons"`},
		config: configs.Config{TimeZone: "Asia/Shanghai", Schedule: configs.Schedule{Cron: cron, Retention: "0  13 1 * *"}},
	}
}

// TestInstall: every kind names the call exactly, whatever is in its words.
func TestInstall(t *testing.T) {
	for _, c := range []struct {
		kind, cron string
		has        []string
		fails      string
	}{
		{"systemd", "*/5 2 * * 1-5", []string{
			`ExecStart="/opt/credit watch/creditwatch" --data "/var/lib/50%% $$HOME" --set "company=O'Neil \"& Sons\"" --log json serve --schedule` + "\n",
			"User=credit\n", `ReadWritePaths="/var/lib/50%% $HOME" /var/lib/node` + "\n", "NoNewPrivileges=yes\n", "ProtectSystem=strict\n", "Restart=on-failure\n", "RestartPreventExitStatus=2\n",
		}, ""},
		{"timer", " 5  2 * * *", []string{"--log json run --wait 2h\n", "Type=oneshot\n", "OnCalendar=*-*-* 02:05:00 Asia/Shanghai\n",
			"/creditwatch-retention.timer\n", "--log json retention --wait 2h\n", "OnCalendar=*-*-1 13:00:00 Asia/Shanghai\n", "enable --now creditwatch-night.timer creditwatch-retention.timer\n"}, ""},
		{"timer", "5 2 * * 1-5", nil, "is not one time a day;"},
		{"timer", "5 2 1 * *", nil, "is not one time a day;"},
		{"cron", "*/5  2 * * 1-5", []string{"CRON_TZ=Asia/Shanghai\n", `*/5 2 * * 1-5 '/opt/credit watch/creditwatch' --data '/var/lib/50\% $HOME' --set 'company=O'\''Neil "& Sons"' --log json --quiet run --wait 2h >/dev/null` + "\n",
			`0 13 1 * * '/opt/credit watch/creditwatch' --data '/var/lib/50\% $HOME' --set 'company=O'\''Neil "& Sons"' --log json --quiet retention --wait 2h >/dev/null` + "\n"}, ""},
		{"launchd", "5 2 * * *", []string{"<string>/var/lib/50% $HOME</string>", "<string>--schedule</string>", "<string>company=O&#39;Neil &#34;&amp; Sons&#34;</string>"}, ""},
	} {
		t.Run(c.kind+" "+c.cron, func(t *testing.T) {
			i := slices.IndexFunc(installers, func(i installer) bool { return i.name == c.kind })
			var out bytes.Buffer
			err := installers[i].write(&out, example(c.cron))
			if c.fails != "" {
				if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("got %v, want %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.has {
				if !strings.Contains(out.String(), want) {
					t.Errorf("want %s in\n%s", want, &out)
				}
			}
			if c.kind == "launchd" {
				for d := xml.NewDecoder(&out); ; {
					if _, err := d.Token(); err == io.EOF {
						break
					} else if err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// TestInstallIsRead: the shell and systemd read the printed call as it was meant.
func TestInstallIsRead(t *testing.T) {
	in := example("5 2 * * *")
	t.Run("cron", func(t *testing.T) {
		var out bytes.Buffer
		if err := cronLine(&out, in); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		command, ok := strings.CutPrefix(lines[len(lines)-2], "5 2 * * * ")
		command, quiet := strings.CutSuffix(command, " >/dev/null")
		if !ok || !quiet {
			t.Fatal(out.String())
		}
		command = strings.ReplaceAll(command, `\%`, "%") // as cron does before it calls the shell
		got, err := exec.Command("sh", "-c", `printf '%s\n' `+command).Output()
		if want := strings.Join(in.command("--quiet", "run", "--wait", heldByOther), "\n") + "\n"; err != nil || string(got) != want {
			t.Errorf("the shell reads %q, %v, want %q", got, err, want)
		}
	})
	t.Run("no removal by the clock", func(t *testing.T) {
		off := in
		off.config.Schedule.Retention = configs.RetentionOff
		for _, write := range []func(io.Writer, installation) error{cronLine, systemdTimer} {
			var out bytes.Buffer
			if err := write(&out, off); err != nil || strings.Contains(out.String(), "retention") {
				t.Errorf("%v\n%s", err, &out)
			}
		}
	})
	t.Run("systemd", func(t *testing.T) {
		verify, err := exec.LookPath("systemd-analyze")
		if err != nil {
			t.Skip("no systemd-analyze on this machine: the unit is not held against systemd")
		}
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		in.program, in.user = self, "root"
		var unit bytes.Buffer
		if err := systemdService(&unit, in); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "creditwatch.service")
		if err := os.WriteFile(path, unit.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if said, err := exec.Command(verify, "verify", path).CombinedOutput(); err != nil || bytes.Contains(said, []byte("creditwatch.service")) {
			t.Errorf("%v\n%s", err, said)
		}
	})
}
