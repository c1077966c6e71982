// Package configs holds the configuration of an installation: its defaults, the ready-made mappings of examples/, and
// how they are loaded and checked.
//
// A configuration is one YAML file over the built-in defaults (creditwatch.yaml beside this file, which documents every
// key). Later layers win: defaults, file, environment (CREDITWATCH__TRAIN__EVERY=week), flags (--set train.every=week).
// An unknown key, a wrong type or a value out of range is an error that names the place; all mistakes are reported
// at once. Secrets are never written in the file: a secret names where it is, as env:NAME or file:PATH.
package configs

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are found on machines that have none

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"creditwatch/features"
	"creditwatch/models/validation"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/sources"
	"creditwatch/pipeline/warnings"
)

//go:embed bounds.yaml creditwatch.yaml policy.yaml simulated.yaml
var files embed.FS

// Simulated returns the configuration of the book that `creditwatch simulate` writes.
func Simulated() []byte { return builtin("simulated.yaml") }

func builtin(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded
	}
	return b
}

// A Config is everything an installation can say.
type Config struct {
	Company   string           `yaml:"company"`
	Input     string           `yaml:"input"`
	Currency  string           `yaml:"currency"`
	TimeZone  string           `yaml:"time_zone"`
	ZonesPast []FormerZone     `yaml:"time_zones_before"` // in which business dates ended before, the oldest first
	Languages []string         `yaml:"languages"`
	Policy    string           `yaml:"policy"` // file, beside the configuration; empty: the built-in policy
	Warehouse Warehouse        `yaml:"warehouse"`
	Default   pipeline.Default `yaml:"default"`
	Train     pipeline.Train   `yaml:"train"`
	Loss      pipeline.Loss    `yaml:"loss"`
	// Validation names the file of the bounds, beside the configuration; empty: the built-in bounds.
	Validation pipeline.Validation `yaml:"validation"`
	Schedule   Schedule            `yaml:"schedule"`
	Retention  pipeline.Retention  `yaml:"retention"`
	Serve      Serve               `yaml:"serve"`
	Monitor    Monitor             `yaml:"monitor"`
	Backup     Backup              `yaml:"backup"`
	Sources    []sources.Source    `yaml:"sources"`

	Warnings   warnings.Policy   `yaml:"-"` // what Policy names
	Decisions  decisions.Policy  `yaml:"-"` // what Policy names
	PolicyHash string            `yaml:"-"`
	Bounds     validation.Bounds `yaml:"-"` // what Validation.Bounds names
	Zone       *time.Location    `yaml:"-"`
	Hash       string            `yaml:"-"` // of the effective configuration
}

// A policy is what the policy file says: when a customer becomes a warning, and what is then decided.
type policy struct {
	warnings.Policy `yaml:",inline"`
	Decisions       decisions.Policy `yaml:",inline"`
}

// hash is the SHA-256 of every line of the policy.
func (p policy) hash() string {
	b, err := json.Marshal([]any{p.Policy, p.Decisions})
	if err != nil {
		panic(err) // NaN or infinite number: Check comes first
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A FormerZone is where business dates ended before time_zone was changed.
type FormerZone struct {
	Until asof.Date `yaml:"until"` // the last of them
	Zone  string    `yaml:"zone"`

	location *time.Location
}

// Warehouse says where the database is.
type Warehouse struct {
	Address        string `yaml:"address"` // empty: the embedded engine
	User           string `yaml:"user"`
	Password       Secret `yaml:"password"`
	Reader         string `yaml:"reader"` // user of the server that may only read, for analysts; the embedded engine has its own
	ReaderPassword Secret `yaml:"reader_password"`
	// MaskedReader is the same for analysts without names: full; it may read the database with _masked at the end of its name alone.
	MaskedReader         string `yaml:"masked_reader"`
	MaskedReaderPassword Secret `yaml:"masked_reader_password"`
	MemoryMB             int64  `yaml:"memory_mb"` // of the embedded engine; 0: what the machine allows
}

// Backup says how the object store is reached that backups go to.
type Backup struct {
	Store sources.ObjectStore `yaml:"store"`
}

// A Secret names where a secret is: env:NAME or file:PATH.
type Secret = sources.Secret

// Load reads a configuration file over the defaults, then the environment and the settings of flags ("key.sub=value").
// An empty path means the defaults alone. Relative paths in the file are relative to it.
func Load(path string, env, set []string) (Config, error) {
	var c Config
	if err := decode("creditwatch.yaml", builtin("creditwatch.yaml"), &c); err != nil {
		return c, err
	}
	name, text := "built-in configuration", []byte(nil)
	if path != "" {
		name = path
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return c, err // names the file
		}
		if err := decode(path, text, &c); err != nil {
			return c, err
		}
	}
	return finish(c, name, filepath.Dir(path), text, env, set)
}

// LoadText is Load for a configuration that is not a file; relative paths are relative to the working directory.
func LoadText(name string, text []byte, env, set []string) (Config, error) {
	var c Config
	if err := decode("creditwatch.yaml", builtin("creditwatch.yaml"), &c); err != nil {
		return c, err
	}
	if err := decode(name, text, &c); err != nil {
		return c, err
	}
	return finish(c, name, ".", text, env, set)
}

// decode reads YAML over what is there. Where the library panics, as on a tag before what should be a list, the text is the cause.
func decode[T any](name string, text []byte, into *T) (err error) {
	before := *into
	defer func() {
		if recover() != nil {
			*into = before
			err = fmt.Errorf("%s: cannot be read as YAML; look at tags (!), anchors (&) and aliases (*) in it", name)
		}
	}()
	err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(into)
	if errors.Is(err, io.EOF) { // nothing but comments; the decoder has emptied what was there
		*into = before
		return nil
	}
	if err == nil {
		return nil
	}
	// The lines around a mistake are drawn under it, unless one of them may hold a secret.
	drawn := yaml.FormatError(err, false, true)
	if secretKey.MatchString(drawn) {
		drawn = yaml.FormatError(err, false, false)
	}
	return fmt.Errorf("%s:\n%s", name, drawn)
}

// placed names the file and the line of mistakes that only the values show; each begins with its key. A key that the file does not
// have is looked for at what is above it.
func placed(name string, text []byte, mistakes []error) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return err // it was decoded before
	}
	var errs []error
	for _, mistake := range mistakes {
		key, _, _ := strings.Cut(mistake.Error(), ": ")
		if line := lineOf(file, key); line > 0 {
			errs = append(errs, fmt.Errorf("%s:%d: %w", name, line, mistake))
		} else {
			errs = append(errs, fmt.Errorf("%s: %w", name, mistake))
		}
	}
	return errors.Join(errs...)
}

// lined puts the line of the file before the mistakes of its sources, which may be many and alike.
func lined(text []byte, mistakes []error) []error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return mistakes // it was decoded before
	}
	for i, mistake := range mistakes {
		if key := sources.KeyOf(mistake); key != "" {
			if line := lineOf(file, key); line > 0 {
				mistakes[i] = fmt.Errorf("line %d: %w", line, mistake)
			}
		}
	}
	return mistakes
}

var keyPart = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// lineOf is the line of a key written as a.b[0].c, or of the nearest one above it; 0 if the file has none of them.
func lineOf(file *ast.File, key string) int {
	for parts := keyPart.FindAllString(key, -1); len(parts) > 0; parts = parts[:len(parts)-1] {
		path := (&yaml.PathBuilder{}).Root()
		for _, part := range parts {
			if i, err := strconv.ParseUint(strings.Trim(part, "[]"), 10, 32); err == nil && part[0] == '[' {
				path = path.Index(uint(i))
			} else {
				path = path.Child(part)
			}
		}
		node, err := path.Build().FilterFile(file)
		if err != nil || node == nil {
			continue
		}
		return node.GetToken().Position.Line
	}
	return 0
}

var secretKey = regexp.MustCompile(`(?i)passw|secret|token|permanent_code|\blogin\b|ping\b|dsn|_key\b`)

func finish(c Config, name, dir string, text []byte, env, set []string) (Config, error) {
	var errs []error
	for _, pair := range env {
		key, value, _ := strings.Cut(pair, "=")
		if key, ok := strings.CutPrefix(key, "CREDITWATCH__"); ok {
			errs = append(errs, assign(&c, strings.ToLower(strings.ReplaceAll(key, "__", ".")), value, "environment"))
		}
	}
	inputSet := false
	for _, pair := range set {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			errs = append(errs, fmt.Errorf("--set %s: want key=value", pair))
			continue
		}
		inputSet = inputSet || key == "input"
		errs = append(errs, assign(&c, key, value, "--set"))
	}
	if err := errors.Join(errs...); err != nil {
		return c, err
	}
	// A path of the file is relative to the file, one of a flag to where the caller stands.
	if c.Input != "" && !filepath.IsAbs(c.Input) && !inputSet {
		c.Input = filepath.Join(dir, c.Input)
	}
	for _, p := range []*string{&c.Serve.TLSCert, &c.Serve.TLSKey, &c.Monitor.Textfile} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	policyName, policyText := "policy.yaml", builtin("policy.yaml")
	if c.Policy != "" {
		policyName = c.Policy
		if !filepath.IsAbs(policyName) {
			policyName = filepath.Join(dir, policyName)
		}
		var err error
		if policyText, err = os.ReadFile(policyName); err != nil {
			return c, fmt.Errorf("policy: %w", err)
		}
	}
	rules := policy{warnings.Default(), decisions.Default()}
	if err := decode(policyName, policyText, &rules); err != nil {
		return c, err
	}
	c.Warnings, c.Decisions = rules.Policy, rules.Decisions
	boundsName, boundsText := "bounds.yaml", builtin("bounds.yaml")
	if c.Validation.Bounds != "" {
		boundsName = c.Validation.Bounds
		if !filepath.IsAbs(boundsName) {
			boundsName = filepath.Join(dir, boundsName)
		}
		var err error
		if boundsText, err = os.ReadFile(boundsName); err != nil {
			return c, fmt.Errorf("validation.bounds: %w", err)
		}
	}
	c.Bounds = validation.DefaultBounds
	if err := decode(boundsName, boundsText, &c.Bounds); err != nil {
		return c, err
	}
	if err := errors.Join(lined(text, c.check())...); err != nil {
		return c, fmt.Errorf("%s:\n%w", name, err)
	}
	if err := placed(policyName, policyText, slices.Concat(c.Warnings.Check(), c.Decisions.Check())); err != nil {
		return c, err
	}
	if err := c.Bounds.Check(); err != nil {
		return c, fmt.Errorf("%s:\n%w", boundsName, err)
	}
	c.PolicyHash = rules.hash()
	hash, err := c.hash()
	c.Hash = hash
	return c, err
}

// assign sets one key of the configuration as if it stood in the file.
func assign(c *Config, key, value, origin string) error {
	parts := strings.Split(key, ".")
	var text strings.Builder
	for i, p := range parts {
		fmt.Fprintf(&text, "%s%s:", strings.Repeat("  ", i), p)
		if i < len(parts)-1 {
			text.WriteString("\n")
		}
	}
	// A value that is YAML on its own (a number, a list) stays that; anything else is text.
	quoted, err := json.Marshal(value)
	if err != nil {
		return err
	}
	first := decode(origin+" "+key, []byte(text.String()+" "+value+"\n"), c)
	if first == nil {
		return nil
	}
	if decode(origin+" "+key, []byte(text.String()+" "+string(quoted)+"\n"), c) == nil {
		return nil
	}
	return first
}

// check returns every mistake, each naming its key.
func (c *Config) check() []error {
	var errs []error
	bad := func(key, want string, got any) {
		errs = append(errs, fmt.Errorf("%s: %s, got %v", key, want, got))
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil || c.TimeZone == "" || c.TimeZone == "Local" {
		bad("time_zone", "must be an IANA name as Asia/Shanghai", fmt.Sprintf("%q", c.TimeZone))
	}
	c.Zone = zone
	for i := range c.ZonesPast {
		f := &c.ZonesPast[i]
		key := fmt.Sprintf("time_zones_before[%d]", i)
		if f.location, err = time.LoadLocation(f.Zone); err != nil || f.Zone == "" || f.Zone == "Local" {
			bad(key+".zone", "must be an IANA name as Asia/Shanghai", fmt.Sprintf("%q", f.Zone))
		}
		if f.Until.IsZero() || i > 0 && f.Until <= c.ZonesPast[i-1].Until {
			bad(key+".until", "must be the last business date that ended there, each later than the one before", f.Until)
		}
	}
	if len(c.Currency) != 3 || strings.ToUpper(c.Currency) != c.Currency {
		bad("currency", "must be an ISO 4217 code as CNY", fmt.Sprintf("%q", c.Currency))
	}
	if len(c.Languages) == 0 {
		bad("languages", "must name at least one of en, zh", c.Languages)
	}
	for _, l := range c.Languages {
		if l != "en" && l != "zh" {
			bad("languages", "must be en or zh", fmt.Sprintf("%q", l))
		}
	}
	if c.Default.DaysPastDue < 1 {
		bad("default.days_past_due", "must be 1 or more", c.Default.DaysPastDue)
	}
	if !slices.Contains([]string{"invoice", "customer"}, c.Default.CountedBy) {
		bad("default.counted_by", "must be invoice or customer", fmt.Sprintf("%q", c.Default.CountedBy))
	}
	if !(c.Default.Relative >= 0 && c.Default.Relative <= 1) {
		bad("default.relative", "must be a share from 0 to 1", c.Default.Relative)
	}
	if r := c.Default.AtRisk; r != "" && r != "everyone" && r != "not_due" && r != "young" {
		bad("default.at_risk", "must be everyone, not_due or young", fmt.Sprintf("%q", r))
	}
	if c.Default.HorizonMonths < 1 || c.Default.HorizonMonths > 60 {
		bad("default.horizon_months", "must be from 1 to 60", c.Default.HorizonMonths)
	}
	if !c.Default.FromLedger && len(c.Default.FromOutcomes) == 0 {
		bad("default", "from_ledger or from_outcomes must say what a default is", "neither")
	}
	for _, e := range c.Default.FromOutcomes {
		if !slices.Contains([]string{"default", "insolvency", "write_off", "legal"}, e) {
			bad("default.from_outcomes", "must be of default, insolvency, write_off, legal", fmt.Sprintf("%q", e))
		}
	}
	if !slices.Contains([]string{"night", "week", "month", "never"}, c.Train.Every) {
		bad("train.every", "must be night, week, month or never", fmt.Sprintf("%q", c.Train.Every))
	}
	if r := c.Train.TargetRate; !(r >= 0 && r < 1) {
		bad("train.target_rate", "must be 0 or more and below 1", r)
	}
	if h := c.Train.Holdout; h.Modulo < 0 || h.Equals < 0 || h.Modulo > 0 && h.Equals >= h.Modulo {
		bad("train.holdout", "modulo must be 0 or more and equals below it", fmt.Sprintf("modulo %d, equals %d", h.Modulo, h.Equals))
	}
	p := c.Train.Promotion
	if p.Mode != "automatic" && p.Mode != "manual" {
		bad("train.promotion.mode", "must be automatic or manual", fmt.Sprintf("%q", p.Mode))
	}
	if p.ShadowNights < 0 || p.ShadowNights > 1000 {
		bad("train.promotion.shadow_nights", "must be from 0 to 1000", p.ShadowNights)
	}
	if !(p.Significance > 0 && p.Significance < 1) {
		bad("train.promotion.significance", "must be above 0 and below 1", p.Significance)
	}
	if !(p.NonInferiority >= 0 && p.NonInferiority < 0.5) {
		bad("train.promotion.non_inferiority", "must be 0 or more and below 0.5", p.NonInferiority)
	}
	if !(p.MaxFlips >= 0 && p.MaxFlips <= 1) {
		bad("train.promotion.max_flips", "must be a share from 0 to 1", p.MaxFlips)
	}
	for _, name := range p.Trusted {
		if !slices.ContainsFunc(features.ModelFeatures(), func(f features.Feature) bool { return f.Name == name }) {
			bad("train.promotion.trusted", "must name features of the models", fmt.Sprintf("%q", name))
		}
	}
	if r := c.Train.CanaryRows; r != 0 && r < 200 {
		bad("train.canary_rows", "must be 0 or 200 and more", r)
	}
	for key, v := range map[string]float64{
		"lgd": c.Loss.LGD, "order_conversion": c.Loss.OrderConversion, "insurance_coverage": c.Loss.InsuranceCoverage, "haircuts.guarantee": c.Loss.Haircuts.Guarantee,
		"haircuts.collateral": c.Loss.Haircuts.Collateral, "haircuts.deposit": c.Loss.Haircuts.Deposit, "discount_rate": c.Loss.DiscountRate, "gross_margin": c.Loss.GrossMargin,
	} {
		if !(v >= 0 && v <= 1) {
			bad("loss."+key, "must be a share from 0 to 1", v)
		}
	}
	if c.Loss.WorkoutMonths < 1 || c.Loss.WorkoutMonths > 120 {
		bad("loss.workout_months", "must be from 1 to 120", c.Loss.WorkoutMonths)
	}
	if !(c.Loss.Credibility >= 0) || math.IsInf(c.Loss.Credibility, 1) {
		bad("loss.credibility", "must be 0 or more", c.Loss.Credibility)
	}
	if b := c.Loss.SizeBounds; len(b) > 9 || !slices.IsSortedFunc(b, func(x, y float64) int { return cmp.Or(cmp.Compare(x, y), -1) }) || len(b) > 0 && !(b[0] > 0) {
		bad("loss.size_bounds", "must be at most 9 rising amounts above 0", b)
	}
	if !(c.Loss.Correlation >= 0 && c.Loss.Correlation < 1) {
		bad("loss.correlation", "must be from 0 to below 1", c.Loss.Correlation)
	}
	if !(c.Loss.Stress.IndustryFactor >= 1) || math.IsInf(c.Loss.Stress.IndustryFactor, 1) {
		bad("loss.stress.industry_factor", "must be 1 or more", c.Loss.Stress.IndustryFactor)
	}
	if !(c.Loss.Stress.MacroShift >= 0 && c.Loss.Stress.MacroShift <= 10) {
		bad("loss.stress.macro_shift", "must be from 0 to 10 standard deviations", c.Loss.Stress.MacroShift)
	}
	for _, k := range c.Loss.Stress.Top {
		if k < 1 || len(c.Loss.Stress.Top) > 20 {
			bad("loss.stress.top", "must be at most 20 numbers of 1 or more", c.Loss.Stress.Top)
			break
		}
	}
	for key, value := range map[string]int{"max_rows": c.Validation.MaxRows, "replay_customers": c.Validation.ReplayCustomers, "audit_labels": c.Validation.AuditLabels} {
		if value < 0 {
			bad("validation."+key, "must be 0 or more", value)
		}
	}
	if d := c.Validation.LagDays; d < 0 || d > 365 {
		bad("validation.lag_days", "must be from 0 to 365", d)
	}
	if !(c.Loss.Cap > 0) {
		bad("loss.cap", "must be above 0", c.Loss.Cap)
	}
	c.Schedule.check(bad)
	errs = append(errs, c.Retention.Check(c.Default.HorizonMonths, c.Validation.LagDays)...)
	errs = append(errs, c.Serve.check(bad)...)
	for key, secret := range map[string]Secret{"warehouse.password": c.Warehouse.Password, "warehouse.reader_password": c.Warehouse.ReaderPassword, "monitor.ping": c.Monitor.Ping} {
		if p := string(secret); p != "" && !strings.HasPrefix(p, "env:") && !strings.HasPrefix(p, "file:") {
			errs = append(errs, fmt.Errorf("%s: must be env:NAME or file:PATH, not the secret itself", key))
		}
	}
	c.Backup.Store.Check(func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("backup."+key+": "+format, args...))
	})
	errs = append(errs, sources.Check(c.Sources)...)
	slices.SortStableFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errs
}

// hash identifies what the night computes by: where files lie and who may read is left out.
func (c Config) hash() (string, error) {
	c.Warehouse, c.Schedule, c.Retention, c.Serve, c.Monitor, c.Backup, c.Input, c.Policy, c.Validation.Bounds = Warehouse{}, Schedule{}, pipeline.Retention{}, Serve{}, Monitor{}, Backup{}, "", "", ""
	b, err := yaml.Marshal(struct {
		Config any
		Bounds any
	}{c, c.Bounds})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Settings returns what a night needs.
func (c Config) Settings(code string) pipeline.Settings {
	var former []pipeline.FormerZone
	for _, f := range c.ZonesPast {
		former = append(former, pipeline.FormerZone{Until: f.Until, Zone: f.location})
	}
	return pipeline.Settings{
		Former:  former,
		Company: c.Company, Input: c.Input, Currency: c.Currency, Zone: c.Zone, Languages: c.Languages, Sources: c.Sources,
		Default: c.Default, Train: c.Train, Loss: c.Loss, Validation: c.Validation, Bounds: c.Bounds, Policy: c.Warnings, Decisions: c.Decisions, Code: code, ConfigHash: c.Hash, PolicyHash: c.PolicyHash,
	}
}
