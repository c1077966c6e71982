package sources

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
)

// A Preview is what a pull would do with a source, as far as files tell it: nothing is written, no database and no network is asked.
type Preview struct {
	Source    string   `json:"source"`
	Table     string   `json:"table"`
	Files     []string `json:"files"`
	Bytes     int64    `json:"bytes"`
	Addresses []string `json:"addresses"` // that would be asked
	SQL       string   `json:"sql"`       // that maps the rows; empty where the columns are known only once the source is read
	Problem   string   `json:"problem"`   // why the night would stop here, empty if nothing is seen
}

// PreviewOf looks at the files of the sources as a pull of the night would.
func PreviewOf(sources []Source, night Night) ([]Preview, error) {
	root, err := os.OpenRoot(night.Input)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var out []Preview
	for _, s := range sources {
		p := Preview{Source: s.Name, Table: s.Table}
		for _, path := range s.Path {
			if isAddressPath(path) || isStored(path) {
				p.Addresses = append(p.Addresses, shownAddress(path))
			}
		}
		if err := p.look(root, s, night); err != nil {
			p.Problem = err.Error()
		}
		out = append(out, p)
	}
	return out, nil
}

func (p *Preview) look(root *os.Root, s Source, night Night) (err error) {
	if s.isDatabase() || s.hasStored() { // whose columns are known only once it is asked
		return s.previewSecrets()
	}
	if p.Files, err = find(root, s, night.AsOf); err != nil {
		return err
	}
	if len(p.Files) == 0 && len(p.Addresses) == 0 {
		if s.needed() {
			return &fault{ErrData, s.Name, fmt.Errorf("file is missing: nothing below the input folder matches %s", listed(s.Path))}
		}
		return nil
	}
	if s.isAPI() { // whose columns only its answers tell
		return s.previewAPI()
	}
	var columns []string
	var inputs []input
	for _, file := range p.Files {
		info, err := root.Stat(file)
		if err != nil {
			return err
		}
		p.Bytes += info.Size()
		if s.isFeed() {
			continue
		}
		in, err := lookWhole(root, s, file, nil)
		if err != nil {
			return &fault{ErrData, s.Name, err}
		}
		inputs = append(inputs, in)
		for _, h := range in.Header {
			if !slices.Contains(columns, h) {
				columns = append(columns, h)
			}
		}
	}
	if s.isFeed() {
		columns = feedColumns
	}
	m, err := newMapping(s, columns, night.Zone.String())
	if err != nil {
		return &fault{ErrConfig, s.Name, err}
	}
	errs := []error{m.checkNeeded()}
	for _, in := range inputs {
		errs = append(errs, m.checkFile(in))
	}
	if err := errors.Join(errs...); err != nil {
		return &fault{ErrData, s.Name, err}
	}
	p.SQL = m.insert("staging_"+s.Name, "mapped_"+s.Name)
	return nil
}

// previewSecrets tells a secret that cannot be read.
func (s Source) previewSecrets() error {
	secrets := map[string]Secret{}
	if d := s.Database; d != nil {
		secrets["database.dsn"] = d.DSN
	}
	if st := s.Store; st != nil {
		secrets["store.access_key"], secrets["store.secret_key"], secrets["store.password"], secrets["store.key"], secrets["store.passphrase"] = st.AccessKey, st.SecretKey, st.Password, st.Key, st.Passphrase
	}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		if _, err := secrets[key].Reveal(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &fault{ErrConfig, s.Name, err}
	}
	return nil
}
