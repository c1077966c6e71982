package configs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"creditwatch/models/validation"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/warnings"
)

// write puts a configuration into a folder of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLaterLayersWin(t *testing.T) {
	const file = "train: {every: month, min_defaults: 7}\n"
	for _, c := range []struct {
		shows    string
		file     string
		env, set []string
		want     string
		least    int
	}{
		{"the defaults alone", "", nil, nil, "night", 20},
		{"the file wins over the defaults", file, nil, nil, "month", 7},
		{"the environment wins over the file", file, []string{"PATH=/bin", "CREDITWATCH__TRAIN__EVERY=week"}, nil, "week", 7},
		{"a flag wins over the environment", file, []string{"CREDITWATCH__TRAIN__EVERY=week"}, []string{"train.every=never"}, "never", 7},
		{"the later flag wins", file, nil, []string{"train.every=week", "train.every=night"}, "night", 7},
		{"a number stays a number", file, nil, []string{"train.min_defaults=3"}, "month", 3},
		{"the rest of a section stays", "", nil, []string{"train.every=week"}, "week", 20},
	} {
		t.Run(c.shows, func(t *testing.T) {
			path := ""
			if c.file != "" {
				path = write(t, "c.yaml", c.file)
			}
			got, err := Load(path, c.env, c.set)
			if err != nil {
				t.Fatal(err)
			}
			if got.Train.Every != c.want || got.Train.MinDefaults != c.least {
				t.Errorf("train.every %q, min_defaults %d, want %q, %d", got.Train.Every, got.Train.MinDefaults, c.want, c.least)
			}
			if got.Train.Seed != 1 || got.Zone.String() != "Asia/Shanghai" {
				t.Errorf("seed %d, zone %s: a default was lost", got.Train.Seed, got.Zone)
			}
		})
	}
}

func TestTextOfFlagsIsText(t *testing.T) {
	c, err := Load("", nil, []string{"company=A: B # c", "default.absolute=1000", "languages=[zh]", "schedule.cron=5 4 * * *"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Company != "A: B # c" && c.Company != "A: B" { // YAML may take the comment off; it must not become a mapping
		t.Errorf("company %q", c.Company)
	}
	if c.Default.Absolute != "1000" || !slices.Equal(c.Languages, []string{"zh"}) || c.Schedule.Cron != "5 4 * * *" {
		t.Errorf("absolute %q, languages %q, cron %q", c.Default.Absolute, c.Languages, c.Schedule.Cron)
	}
}

// TestMistakesNameTheirPlace loads broken configurations: every part of want must be in the one error.
func TestMistakesNameTheirPlace(t *testing.T) {
	for _, c := range []struct {
		shows, file string
		env, set    []string
		want        []string
	}{
		{"a misspelt key", "currency: EUR\ntrain:\n  evry: week\n", nil, nil, []string{"c.yaml", "[3:", "evry"}},
		{"a misspelt section", "trian: {every: week}\n", nil, nil, []string{"c.yaml", "[1:", "trian"}},
		{"a key given twice", "currency: EUR\ncurrency: USD\n", nil, nil, []string{"c.yaml", "[2:", "currency"}},
		{"a wrong type", "train: {snapshots: many}\n", nil, nil, []string{"c.yaml", "[1:", "many"}},
		{"broken YAML", "train: {every: [\n", nil, nil, []string{"c.yaml"}},
		{"several values out of range", "currency: euro\ntime_zone: Mars/Olympus\nloss: {lgd: 1.5}\ntrain: {every: hourly}\n", nil, nil,
			[]string{"c.yaml", `currency: must be an ISO 4217 code as CNY, got "euro"`, `time_zone: must be an IANA name as Asia/Shanghai, got "Mars/Olympus"`,
				"loss.lgd: must be a share from 0 to 1, got 1.5", `train.every: must be night, week, month or never, got "hourly"`}},
		{"zones before that do not follow each other", "time_zones_before: [{until: 2026-06-30, zone: Berlin}, {until: 2026-06-30, zone: UTC}, {zone: UTC}]\n", nil, nil,
			[]string{`time_zones_before[0].zone: must be an IANA name as Asia/Shanghai, got "Berlin"`, "time_zones_before[1].until: must be the last business date", "time_zones_before[2].until"}},
		{"not a number", "loss: {lgd: .nan}\n", nil, nil, []string{"loss.lgd"}},
		{"losses out of range", "loss: {insurance_coverage: 90, haircuts: {collateral: -0.1}, workout_months: 0, credibility: -1, size_bounds: [5, 5], correlation: 1, stress: {industry_factor: 0.5, macro_shift: -1, top: [0]}}\n", nil, nil,
			[]string{"loss.insurance_coverage: must be a share from 0 to 1, got 90", "loss.haircuts.collateral: must be a share from 0 to 1, got -0.1", "loss.workout_months: must be from 1 to 120, got 0",
				"loss.credibility: must be 0 or more, got -1", "loss.size_bounds: must be at most 9 rising amounts above 0, got [5 5]", "loss.correlation: must be from 0 to below 1, got 1",
				"loss.stress.industry_factor: must be 1 or more, got 0.5", "loss.stress.macro_shift: must be from 0 to 10 standard deviations, got -1", "loss.stress.top: must be at most 20 numbers of 1 or more, got [0]"}},
		{"sizes that start at nothing", "loss: {size_bounds: [0, 5]}\n", nil, nil, []string{"loss.size_bounds"}},
		{"a misspelt haircut", "loss: {haircuts: {bond: 0.1}}\n", nil, nil, []string{"bond"}},
		{"a validation out of range", "validation: {max_rows: -1, lag_days: 400}\n", nil, nil, []string{"validation.max_rows: must be 0 or more, got -1", "validation.lag_days: must be from 0 to 365, got 400"}},
		{"bounds that are not there", "validation: {bounds: none.yaml}\n", nil, nil, []string{"validation.bounds", "none.yaml"}},
		{"no definition of default", "default: {from_ledger: false, from_outcomes: []}\n", nil, nil, []string{"default: from_ledger or from_outcomes"}},
		{"a holdout that nobody meets", "train: {holdout: {modulo: 5, equals: 5}}\n", nil, nil, []string{"train.holdout", "modulo 5, equals 5"}},
		{"an unknown key in the environment", "", []string{"CREDITWATCH__TRAIN__EVRY=week"}, nil, []string{"environment train.evry"}},
		{"an unknown key in a flag", "", nil, []string{"train.evry=week"}, []string{"--set train.evry"}},
		{"a flag without value", "", nil, []string{"train.every"}, []string{"--set train.every: want key=value"}},
		{"faults of both at once", "", []string{"CREDITWATCH__NO=1"}, []string{"nor=2"}, []string{"environment no", "--set nor"}},
		{"an analyst without a hash", "serve: {users: [{name: ana, password_hash: hunter2}]}\n", nil, nil, []string{"serve.users[0].password_hash", "hash-password"}},
		{"an analyst who sees something else", "serve: {users: [{name: ana, names: some, password_hash: $2a$x}]}\n", nil, nil, []string{"serve.users[0].names", "masked or full"}},
		{"the same analyst twice", "serve: {users: [{name: ana, password_hash: $2a$x}, {name: ana, password_hash: $2a$x}]}\n", nil, nil, []string{"serve.users[1].name", `"ana"`}},
		{"a host that is a URL", "serve: {hosts: [risk.example.com, 'https://x']}\n", nil, nil, []string{"serve.hosts[1]: must be a plain host name", `"https://x"`}},
		{"a certificate without its key", "serve: {tls_cert: a.pem}\n", nil, nil, []string{"serve.tls_cert: must be given together with serve.tls_key"}},
		{"metrics for whom", "serve: {metrics: all}\n", nil, nil, []string{"serve.metrics: must be local, users, everyone or nobody"}},
		{"a store of backups that is half there", "backup: {store: {endpoint: s3.example.com, access_key: AKIA}}\n", nil, nil,
			[]string{"backup.store.endpoint: must be an address", "backup.store.access_key: and secret_key must be given", "backup.store.access_key: must be env:NAME or file:PATH"}},
		{"a source of no table", "sources: [{name: x, table: nowhere, path: x.csv}]\n", nil, nil, []string{"nowhere"}},
		{"a rule of a contract, by file, line and key", "sources:\n  - {name: x, table: customers, path: x.csv}\n  - name: y\n    table: customers\n    path: y.csv\n    contract:\n      - {rule: unique, column: customer_id}\n      - rule: range\n        column: nme\n", nil, nil,
			[]string{"c.yaml:", `line 9: source y: contract[1].column: customers has no such column`}},
		{"a key of a rule there is not", "sources:\n  - {name: x, table: customers, path: x.csv, contract: [{rule: unique, colum: name}]}\n", nil, nil, []string{`[2:`, `unknown field "colum"`}},
		{"a policy that is not there", "policy: missing.yaml\n", nil, nil, []string{"policy:", "missing.yaml"}},
	} {
		t.Run(c.shows, func(t *testing.T) {
			path := ""
			if c.file != "" {
				path = write(t, "c.yaml", c.file)
			}
			_, err := Load(path, c.env, c.set)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in the error:\n%v", want, err)
				}
			}
		})
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	if _, err := Load(path, nil, nil); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want the path in it", err)
	}
}

func TestWhatIsCommentedOutStaysTheDefault(t *testing.T) {
	alone, err := Load("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for shows, text := range map[string]string{
		"an empty file":                      "",
		"a file of comments":                 "# nothing yet\n",
		"a section of comments":              "train:\n  # every: week\n",
		"a section in a section of comments": "train:\n  holdout:\n    # modulo: 5\n",
		"a key without value":                "company:\n",
	} {
		t.Run(shows, func(t *testing.T) {
			c, err := Load(write(t, "c.yaml", text), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.Hash != alone.Hash {
				t.Error("it is not the defaults")
			}
		})
	}
}

func TestPathsAreRelativeToTheirGiver(t *testing.T) {
	path := write(t, "c.yaml", "input: ledgers\npolicy: p.yaml\n")
	dir := filepath.Dir(path)
	if err := os.WriteFile(filepath.Join(dir, "p.yaml"), []byte("version: mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		shows, want string
		set         []string
	}{
		{"of the file: beside the file", filepath.Join(dir, "ledgers"), nil},
		{"of a flag: where the caller stands", "elsewhere", []string{"input=elsewhere"}},
		{"an absolute one stays", filepath.Join(dir, "x"), []string{"input=" + filepath.Join(dir, "x")}},
	} {
		t.Run(c.shows, func(t *testing.T) {
			got, err := Load(path, nil, c.set)
			if err != nil {
				t.Fatal(err)
			}
			if got.Input != c.want {
				t.Errorf("input %q, want %q", got.Input, c.want)
			}
			if got.Warnings.Version != "mine" {
				t.Errorf("policy version %q: the file beside the configuration was not read", got.Warnings.Version)
			}
		})
	}
}

func TestPolicyMistakesNameTheirPlace(t *testing.T) {
	for _, c := range []struct {
		shows, policy string
		want          []string
	}{
		{"a misspelt threshold", "W2-10:\n  ambr: {open: 0.85, close: 0.8}\n", []string{"p.yaml", "[2:", "ambr"}},
		{"closing above opening", "W2-10:\n  amber: {open: 0.85, close: 0.9}\n", []string{"p.yaml:2: W2-10.amber.close: must be below open"}},
		{"on a line of its own", "version: mine\n\n# a comment\nW2-10:\n  amber:\n    open: 0.85\n    close: 0.9\n", []string{"p.yaml:7: W2-10.amber.close: must be"}},
		{"a decision out of range", "limits:\n  appetite: 5\n  hysteresis: 1.5\n", []string{"p.yaml:3: limits.hysteresis: must be from 0 to 1, got 1.5"}},
		{"deep inside", "limits:\n  exposure:\n    orders: 2\n", []string{"p.yaml:3: limits.exposure.orders: must be from 0 to 1, got 2"}},
		{"in a list", "holds:\n  approvers:\n    - {up_to: 10, who: a}\n    - {up_to: 5, who: b}\n    - {up_to: 0, who: c}\n", []string{"p.yaml:4: holds.approvers[1].up_to: must be above that of the approver before it (10), got 5"}},
		{"a reason that there is not", "holds:\n  reasons:\n    - default\n    - defalt\n", []string{`p.yaml:4: holds.reasons[1]: must be one of default, critical_warning,`, `got "defalt"`}},
		{"a key left out is looked for above", "reviews:\n  months: {A: 12}\n", []string{"p.yaml:2: reviews.months: must be a number of months for every grade, got AAA left out"}},
		{"two at once", "W2-10:\n  amber: {open: 0.85, close: 0.9}\nW1-07: {open: 1, close: 2}\n", []string{"W2-10", "W1-07"}},
	} {
		t.Run(c.shows, func(t *testing.T) {
			path := write(t, "c.yaml", "policy: p.yaml\n")
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), "p.yaml"), []byte(c.policy), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Load(path, nil, nil)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in the error:\n%v", want, err)
				}
			}
		})
	}
}

// TestBuiltInPolicyIsTheDefault holds the documented policy file to the policy that applies without a file.
func TestBuiltInPolicyIsTheDefault(t *testing.T) {
	var written policy // from nothing: a line that is missing leaves a zero
	if err := decode("policy.yaml", builtin("policy.yaml"), &written); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(policy{warnings.Default(), decisions.Default()}, written, cmp.AllowUnexported(policy{})); diff != "" {
		t.Errorf("policy.yaml (-in force without it +written):\n%s", diff)
	}
}

// TestBuiltInBoundsAreTheDefault holds the documented bounds, every one of them, to those that apply without a file.
func TestBuiltInBoundsAreTheDefault(t *testing.T) {
	var written validation.Bounds // from nothing: a line that is missing leaves a zero
	if err := decode("bounds.yaml", builtin("bounds.yaml"), &written); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(validation.DefaultBounds, written); diff != "" {
		t.Errorf("bounds.yaml (-in force without it +written):\n%s", diff)
	}
}

func TestBoundsMistakesNameTheirPlace(t *testing.T) {
	for _, c := range []struct {
		shows, bounds string
		want          []string
	}{
		{"a misspelt bound", "D01:\n  gren: 0.8\n", []string{"b.yaml", "[2:", "gren"}},
		{"amber above green", "D01: {green: 0.7, amber: 0.8}\n", []string{"b.yaml", "validation.D01.green", "at least amber (0.8), got 0.7"}},
		{"two at once", "version: \"\"\nG02: {green: 0.1, amber: 0.05}\n", []string{"validation.version", "validation.G02.green"}},
	} {
		t.Run(c.shows, func(t *testing.T) {
			path := write(t, "c.yaml", "validation: {bounds: b.yaml}\n")
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), "b.yaml"), []byte(c.bounds), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Load(path, nil, nil)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in the error:\n%v", want, err)
				}
			}
		})
	}
}

// TestBoundsAreInForce: a file with one bound changes that one and makes another night of it.
func TestBoundsAreInForce(t *testing.T) {
	path := write(t, "c.yaml", "validation: {bounds: b.yaml}\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "b.yaml"), []byte("version: ours 1\nD01: {green: 0.8, amber: 0.7, need: 10}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := Load(path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := validation.DefaultBounds
	want.Version, want.AUC.Green = "ours 1", 0.8
	if diff := cmp.Diff(want, own.Settings("v").Bounds); diff != "" {
		t.Errorf("bounds of the night (-want +got):\n%s", diff)
	}
	base, err := Load("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if own.Hash == base.Hash {
		t.Error("other bounds, the same hash")
	}
}

func TestEveryExampleLoads(t *testing.T) {
	paths, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d examples, %v", len(paths), err)
	}
	for _, path := range append(paths, "simulated.yaml", "creditwatch.yaml") {
		t.Run(path, func(t *testing.T) {
			c, err := Load(path, nil, []string{"input=somewhere"})
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Sources) == 0 && path != "creditwatch.yaml" {
				t.Error("no sources")
			}
		})
	}
}

// TestHashIsOfWhatIsComputed: where files lie and who may read does not make another night; what a default is does.
func TestHashIsOfWhatIsComputed(t *testing.T) {
	base, err := Load("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for set, same := range map[string]bool{
		"input=elsewhere": true, "serve.listen=127.0.0.1:1": true, "serve.metrics=nobody": true, "monitor.ping=env:X": true, "monitor.textfile=x.prom": true, "backup.store={endpoint: https://s3.example.com, access_key: env:A, secret_key: env:B}": true, "warehouse.memory_mb=1000": true, "schedule.cron=1 1 * * *": true,
		"currency=EUR": false, "default.days_past_due=60": false, "train.seed=2": false, "loss.lgd=0.5": false, "loss.stress.top=[2]": false, "validation.block=false": false, "loss.haircuts.deposit=0.5": false, "company=x": false,
	} {
		c, err := Load("", nil, []string{set})
		if err != nil {
			t.Fatal(err)
		}
		if (c.Hash == base.Hash) != same {
			t.Errorf("%s: same hash %t, want %t", set, c.Hash == base.Hash, same)
		}
	}
}

const canary = "hunter2-canary"

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Run("one that is found", func(t *testing.T) {
		t.Setenv("CW_TEST_PASSWORD", canary)
		file := write(t, "password", canary+"\n")
		for _, where := range []string{"env:CW_TEST_PASSWORD", "file:" + file} {
			c, err := Load("", nil, []string{"warehouse.password=" + where})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Warehouse.Password.Reveal(); got != canary || err != nil {
				t.Errorf("%s: %q, %v", where, got, err)
			}
			if shown := fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c.Warehouse.Password, c.Warehouse.Password); strings.Contains(shown, canary) {
				t.Errorf("%s: the secret is printed", where)
			}
			if shown := fmt.Sprint(c.Warehouse.Password); shown != "***" {
				t.Errorf("shown as %q", shown)
			}
		}
	})
	t.Run("one that is missing", func(t *testing.T) {
		_, err := Secret("env:CW_TEST_NOT_SET").Reveal()
		if err == nil || !strings.Contains(err.Error(), "CW_TEST_NOT_SET") {
			t.Errorf("got %v, want the variable named", err)
		}
	})
	// Where somebody writes the secret itself, the mistake is named and the secret is not repeated, also not by the
	// lines that are drawn around another mistake.
	for _, c := range []struct {
		shows, file string
		env, set    []string
	}{
		{"in the file", "warehouse: {password: " + canary + "}\n", nil, nil},
		{"for readers", "warehouse: {reader_password: " + canary + "}\n", nil, nil},
		{"beside another mistake", "warehouse:\n  user: x\n  password: " + canary + "\n  adress: x\n", nil, nil},
		{"on the line of another mistake", "warehouse: {password: " + canary + ", adress: x}\n", nil, nil},
		{"quoted, beside another mistake", "warehouse:\n  \"password\": '" + canary + "'\n  adress: x\n", nil, nil},
		{"in the environment", "", []string{"CREDITWATCH__WAREHOUSE__PASSWORD=" + canary}, nil},
		{"in a misspelt variable", "", []string{"CREDITWATCH__WAREHOUSE__PASSWROD=" + canary}, nil},
		{"in a flag", "", nil, []string{"warehouse.password=" + canary}},
		{"in a flag of the wrong shape", "", nil, []string{"warehouse.password={x: " + canary + "}"}},
		{"as the URL of a ping", "monitor: {ping: https://hc-ping.com/" + canary + "}\n", nil, nil},
		{"as that beside another mistake", "monitor:\n  ping: https://hc-ping.com/" + canary + "\n  pong: x\n", nil, nil},
		{"as the hash of an analyst", "serve: {users: [{name: ana, password_hash: " + canary + "}]}\n", nil, nil},
	} {
		t.Run(c.shows, func(t *testing.T) {
			path := ""
			if c.file != "" {
				path = write(t, "c.yaml", c.file)
			}
			_, err := Load(path, c.env, c.set)
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the secret is repeated:\n%v", err)
			}
		})
	}
}

// TestEveryKeyIsDocumented holds creditwatch.yaml, which documents the keys, to the configuration that is read. A key may
// stand there in a comment, as an example.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("creditwatch.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	line := regexp.MustCompile(`^( {0,6})(?:# )?([a-z_]+):(?: |$)`)
	var above []string
	for _, l := range strings.Split(string(text), "\n") {
		m := line.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		above = append(above[:min(len(m[1])/2, len(above))], m[2])
		documented[strings.Join(above, ".")] = true
	}
	keys := map[string]bool{}
	keysOf(reflect.TypeFor[Config](), "", keys)
	for k := range keys {
		if !documented[k] {
			t.Errorf("%s is read but not documented in creditwatch.yaml", k)
		}
	}
	for k := range documented {
		if !keys[k] {
			t.Errorf("%s is documented in creditwatch.yaml but not read", k)
		}
	}
	if len(keys) < 30 {
		t.Errorf("only %d keys were found", len(keys))
	}
}

// keysOf collects the keys of a section; lists (users, sources) count as one.
func keysOf(section reflect.Type, prefix string, keys map[string]bool) {
	for i := range section.NumField() {
		field := section.Field(i)
		tag := field.Tag.Get("yaml")
		if tag == "" || tag == "-" {
			continue
		}
		keys[prefix+tag] = true
		if field.Type.Kind() == reflect.Struct {
			keysOf(field.Type, prefix+tag+".", keys)
		}
	}
}

// TestZonesAreInTheProgram: a machine without zone files gets them from the program. The name is put together here, lest the test be what is found.
func TestZonesAreInTheProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	for _, zone := range [][]string{{"Antarctica", "Troll"}, {"Asia", "Shanghai"}, {"America", "New_York"}} {
		// In the archive of package time/tzdata a file's name follows its length and that of a field that is empty.
		name := strings.Join(zone, "/")
		if !bytes.Contains(program, append([]byte{byte(len(name)), 0, 0, 0}, name...)) {
			t.Errorf("%s is not in the program", name)
		}
	}
}
