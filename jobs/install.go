package jobs

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"creditwatch/configs"
)

// An installation is what a service manager must know.
type installation struct {
	program string   // absolute path
	flags   []string // --data, --config and --set as this call had them, with absolute paths
	user    string
	writes  []string // folders that are written to
	config  configs.Config
}

// An installer prints one kind of file.
type installer struct {
	name, what string
	write      func(io.Writer, installation) error
}

// installers lists what can be printed; to add one: a row.
var installers = []installer{
	{"systemd", "a service that serves and runs the nights", systemdService},
	{"timer", "systemd timers that run one night and remove old rows, and their services", systemdTimer},
	{"cron", "lines for crontab that run one night and remove old rows", cronLine},
	{"launchd", "a launchd job that serves and runs the nights", launchdJob},
}

func installCommand(a *app) *cobra.Command {
	var as string
	var names []string
	long := "Print what makes the machine run creditwatch, with the program, the configuration and the data directory of this call.\nNothing is written or started. Kinds:\n"
	for _, i := range installers {
		names = append(names, i.name)
		long += fmt.Sprintf("\n  %-8s %s", i.name, i.what)
	}
	c := &cobra.Command{
		Use:     "install " + strings.Join(names, "|"),
		Short:   "print a service, a timer or a crontab line for this installation",
		Long:    long,
		Example: "  creditwatch --config /etc/creditwatch/creditwatch.yaml --data /var/lib/creditwatch install systemd > /etc/systemd/system/creditwatch.service",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			i := slices.IndexFunc(names, func(n string) bool { return n == args[0] })
			if i < 0 {
				return usage("install %s: want %s", args[0], strings.Join(names, ", "))
			}
			in, err := a.installation(as)
			if err != nil {
				return err
			}
			return installers[i].write(a.out, in)
		},
	}
	c.Flags().StringVar(&as, "user", "", "user it runs as (default: who calls; for root: creditwatch)")
	c.Flags().Bool("print", true, "print; nothing else is done")
	c.Flags().MarkHidden("print")
	return c
}

func (a *app) installation(as string) (in installation, err error) {
	if in.config, err = a.load(); err != nil {
		return in, err
	}
	if err := a.checkCron(in.config); err != nil {
		return in, err
	}
	if in.program, err = os.Executable(); err != nil {
		return in, err
	}
	if in.program, err = filepath.EvalSymlinks(in.program); err != nil {
		return in, err
	}
	data, err := filepath.Abs(a.data)
	if err != nil {
		return in, err
	}
	in.flags, in.writes = []string{"--data", data}, []string{data}
	if a.config != "" {
		config, err := filepath.Abs(a.config)
		if err != nil {
			return in, err
		}
		in.flags = append(in.flags, "--config", config)
	}
	for _, s := range a.set {
		in.flags = append(in.flags, "--set", s)
	}
	if file := in.config.Monitor.Textfile; file != "" {
		if file, err = filepath.Abs(file); err != nil {
			return in, err
		}
		in.writes = append(in.writes, filepath.Dir(file))
	}
	if in.user = as; as == "" {
		me, err := user.Current()
		if err != nil {
			return in, fmt.Errorf("who calls? name one with --user: %w", err)
		}
		if in.user = me.Username; me.Uid == "0" {
			in.user = "creditwatch"
		}
	}
	for _, s := range append([]string{in.program, in.user}, in.flags...) {
		if strings.ContainsAny(s, "\n\r\x00") {
			return in, usage("install: %q has a line break", s)
		}
	}
	return in, nil
}

// command is the call of the program with more arguments at its end.
func (in installation) command(more ...string) []string {
	return slices.Concat([]string{in.program}, in.flags, []string{"--log", "json"}, more)
}

// sandbox takes from a service what creditwatch never needs. MemoryDenyWriteExecute is not among it: the engine compiles queries.
const sandbox = `UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
LimitCORE=0
LimitNOFILE=65536
`

// service writes the [Service] section that long and short services share.
func (in installation) service(w io.Writer, kind string, args ...string) error {
	_, err := fmt.Fprintf(w, `[Service]
Type=%s
User=%s
# Secrets that the configuration names as env:NAME, one NAME=value a line, readable by root alone:
# EnvironmentFile=/etc/creditwatch/secrets
ExecStart=%s
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=60
SuccessExitStatus=130 143
ReadWritePaths=%s
%s`, kind, systemdWord(in.user), systemdWords(in.command(args...)), systemdPaths(in.writes), sandbox)
	return err
}

func systemdService(w io.Writer, in installation) error {
	fmt.Fprint(w, `# /etc/systemd/system/creditwatch.service; then: systemctl daemon-reload && systemctl enable --now creditwatch
# The data directory must be there and belong to the user; run "creditwatch doctor" as that user once, which fetches the engine.
[Unit]
Description=creditwatch: reports, analysts' queries and the nights
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

`)
	if err := in.service(w, "exec", "serve", "--schedule"); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, `Restart=on-failure
RestartSec=30
# A wrong configuration stays wrong:
RestartPreventExitStatus=2

[Install]
WantedBy=multi-user.target
`)
	return err
}

var (
	timed  = regexp.MustCompile(`^(\d{1,2}) (\d{1,2}) (\d{1,2}|\*) \* \*$`)
	spaces = regexp.MustCompile(`\s+`)
)

// fields is a line of cron with one space between its fields.
func fields(cron string) string { return spaces.ReplaceAllString(strings.TrimSpace(cron), " ") }

func systemdTimer(w io.Writer, in installation) error {
	type unit struct {
		name, key, cron, what, when string
		command                     []string
	}
	units := []unit{{"creditwatch-night", "schedule.cron", in.config.Schedule.Cron, "the night of yesterday", "a night every day", []string{"run", "--wait", heldByOther}}}
	if in.removes() {
		units = append(units, unit{"creditwatch-retention", "schedule.retention", in.config.Schedule.Retention, "old rows go, what stays is packed", "old rows now and then", []string{"retention", "--wait", heldByOther}})
	}
	var names []string
	for i, u := range units {
		m := timed.FindStringSubmatch(fields(u.cron))
		if m == nil || i == 0 && m[3] != "*" {
			return usage("install timer: %s %q is not one time a day%s; print the kind systemd, whose scheduler reads all of cron", u.key, u.cron, []string{"", " or a month"}[i])
		}
		fmt.Fprintf(w, `# /etc/systemd/system/%s.service
# The data directory must be there and belong to the user; run "creditwatch doctor" as that user once, which fetches the engine.
[Unit]
Description=creditwatch: %s
Wants=network-online.target
After=network-online.target

`, u.name, u.what)
		if err := in.service(w, "oneshot", u.command...); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, `
# /etc/systemd/system/%s.timer
[Unit]
Description=creditwatch: %s

[Timer]
OnCalendar=*-*-%s %02s:%02s:00 %s
Persistent=true

[Install]
WantedBy=timers.target

`, u.name, u.when, m[3], m[2], m[1], in.config.TimeZone)
		if err != nil {
			return err
		}
		names = append(names, u.name+".timer")
	}
	_, err := fmt.Fprintf(w, "# then: systemctl daemon-reload && systemctl enable --now %s\n", strings.Join(names, " "))
	return err
}

// heldByOther is how long a command that the clock starts waits for the other of the two.
const heldByOther = "2h"

// removes says whether old rows are to go by the clock.
func (in installation) removes() bool {
	return in.config.Schedule.Retention != "" && in.config.Schedule.Retention != configs.RetentionOff
}

func cronLine(w io.Writer, in installation) error {
	line := func(cron, command string) string {
		var words []string
		for _, word := range in.command("--quiet", command, "--wait", heldByOther) {
			words = append(words, shellWord(word))
		}
		return fields(cron) + " " + strings.ReplaceAll(strings.Join(words, " "), "%", `\%`) + " >/dev/null\n" // of a % cron makes a line break
	}
	lines := line(in.config.Schedule.Cron, "run")
	if in.removes() {
		lines += line(in.config.Schedule.Retention, "retention")
	}
	_, err := fmt.Fprintf(w, `# crontab -e of the user %s. cron reads the times in the zone of the machine, or in CRON_TZ where it knows that (cronie);
# creditwatch takes "yesterday" in %s. It mails what goes to standard error: warnings and errors.
CRON_TZ=%s
%s`, in.user, in.config.TimeZone, in.config.TimeZone, lines)
	return err
}

func launchdJob(w io.Writer, in installation) error {
	var words strings.Builder
	for _, word := range in.command("serve", "--schedule") {
		words.WriteString("    <string>")
		if err := xml.EscapeText(&words, []byte(word)); err != nil {
			return err
		}
		words.WriteString("</string>\n")
	}
	var name, log strings.Builder
	if err := errors.Join(xml.EscapeText(&name, []byte(in.user)), xml.EscapeText(&log, []byte(filepath.Join(in.writes[0], "creditwatch.log")))); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- /Library/LaunchDaemons/creditwatch.plist; then: launchctl bootstrap system /Library/LaunchDaemons/creditwatch.plist -->
<plist version="1.0">
<dict>
  <key>Label</key><string>creditwatch</string>
  <key>ProgramArguments</key>
  <array>
%s  </array>
  <key>UserName</key><string>%s</string>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>30</integer>
  <key>Umask</key><integer>63</integer>
  <key>StandardErrorPath</key><string>%s</string>
</dict>
</plist>
`, &words, &name, &log)
	return err
}

// systemdWord quotes one word of a unit file: % is a specifier there and $ a variable.
func systemdWord(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(s)
	if s == "" || strings.ContainsAny(s, " \t'\";") || strings.Contains(s, `\`) {
		return `"` + s + `"`
	}
	return s
}

func systemdWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = systemdWord(w)
	}
	return strings.Join(quoted, " ")
}

// systemdPaths quotes a list of folders, in which a $ is no variable.
func systemdPaths(paths []string) string { return strings.ReplaceAll(systemdWords(paths), "$$", "$") }

var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
