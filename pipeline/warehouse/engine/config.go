package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

// Internal users of the engine. `default` is not among them: the engine's own first session is that user and knows
// no password, so it is granted nothing but opening the port.
const (
	Owner   = "creditwatch" // may do everything; only our own client knows the password
	Analyst = "analyst"     // may read; the proxy puts it in for people who signed in and may see names
	Masked  = "masked"      // may read what names nobody; the proxy puts it in for the others
)

// start opens the HTTP port and then sleeps for ever, a row at a time: the engine ends with this query.
const start = "SYSTEM START LISTEN HTTP; " +
	"SELECT sleepEachRow(3) FROM system.numbers SETTINGS max_block_size = 1, max_threads = 1 FORMAT Null"

var configXML = template.Must(template.New("config").Funcs(template.FuncMap{"xml": escape}).Parse(`<clickhouse>
  <users_config>{{.Dir | xml}}/engine-users.xml</users_config>
  <path>{{.Dir | xml}}/engine/</path>
  <http_port>{{.Port}}</http_port>
  <listen_host>127.0.0.1</listen_host>
  <timezone>UTC</timezone>
  <log-level>warning</log-level>
  <logger>
    <log>{{.Dir | xml}}/engine.log</log>
    <level>warning</level>
    <size>10M</size>
    <count>2</count>
  </logger>
  {{- if .MemoryBytes}}
  <max_server_memory_usage>{{.MemoryBytes}}</max_server_memory_usage>
  {{- end}}
  <access_control_improvements>
    <settings_constraints_replace_previous>true</settings_constraints_replace_previous>
  </access_control_improvements>
  <merge_tree>
    <old_parts_lifetime>480</old_parts_lifetime> <!-- local mode drops source parts at once: bad with a power cut -->
  </merge_tree>
  <background_merges_mutations_concurrency_ratio>16</background_merges_mutations_concurrency_ratio> <!-- still two threads; a mutation of more parts than find a place in the queue, by default four, waits a second for the next look at them -->
  <background_schedule_pool_max_parallel_tasks_per_type_ratio>1</background_schedule_pool_max_parallel_tasks_per_type_ratio> <!-- below, the pool of two threads says a thousand times a night in engine.log that tasks of one kind wait for each other -->
  <backups><allowed_path>{{.Dir | xml}}/backups/</allowed_path></backups>
</clickhouse>
`))

// The processor is not shared out among users. os_thread_priority (26.7) stays with threads that work for others next, and resources and
// workloads, which local mode takes from SQL alone, come without preemption: a long query would keep the short ones waiting to its end.
var usersXML = template.Must(template.New("users").Funcs(template.FuncMap{"xml": escape}).Parse(`<clickhouse>
  <profiles>
    <default/>
    <analyst>
      <readonly>1</readonly>
      <join_use_nulls>1</join_use_nulls> <!-- a customer without a match has no value, rather than 1970-01-01 or 0 -->
      <max_execution_time>600</max_execution_time>
      <max_concurrent_queries_for_user>16</max_concurrent_queries_for_user>
      <max_memory_usage_for_user>{{.AnalystBytes}}</max_memory_usage_for_user>
      <max_temporary_data_on_disk_size_for_user>{{.AnalystBytes}}</max_temporary_data_on_disk_size_for_user> <!-- a query that does not fit goes to disk, and must not fill it -->
      <constraints>
        <max_execution_time><min>1</min><max>3600</max><changeable_in_readonly/></max_execution_time>
      </constraints>
    </analyst>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <no_password/>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT SELECT ON system.numbers</query>
      </grants>
    </default>
    <creditwatch>
      <password_sha256_hex>{{.OwnerHash}}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </creditwatch>
    <analyst>
      <password_sha256_hex>{{.AnalystHash}}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>analyst</profile>
      <quota>default</quota>
      <grants>
        {{- range .AnalystReads}}
        <query>GRANT SELECT ON {{. | xml}}</query>
        {{- end}}
      </grants>
    </analyst>
    <masked>
      <password_sha256_hex>{{.MaskedHash}}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>analyst</profile>
      <quota>default</quota>
      <grants>
        {{- range .MaskedReads}}
        <query>GRANT SELECT ON {{. | xml}}</query>
        {{- end}}
      </grants>
    </masked>
  </users>
</clickhouse>
`))

type settings struct {
	Dir                    string
	Port                   int
	MemoryBytes            int64
	AnalystBytes           int64
	OwnerHash, AnalystHash string
	MaskedHash             string
	AnalystReads           []string
	MaskedReads            []string
}

// otherwiseBytes is taken for the memory of a machine that does not tell.
const otherwiseBytes = 4 << 30

// configure writes both files of the engine for one start and returns its arguments.
func configure(dir string, port int, o Options, st state) ([]string, error) {
	memory := o.MemoryBytes
	if memory == 0 {
		memory = machineBytes() / 10 * 9 // what the engine itself takes then
	}
	s := settings{
		Dir: dir, Port: port, MemoryBytes: o.MemoryBytes, AnalystBytes: memory / 2,
		OwnerHash: hash(st.Password), AnalystHash: hash(st.AnalystPassword), AnalystReads: o.AnalystReads,
		MaskedHash: hash(st.MaskedPassword), MaskedReads: o.MaskedReads,
	}
	for name, t := range map[string]*template.Template{"engine.xml": configXML, "engine-users.xml": usersXML} {
		var b strings.Builder
		if err := t.Execute(&b, s); err != nil {
			return nil, fmt.Errorf("engine configuration %s: %w", name, err)
		}
		if err := writeFile(filepath.Join(dir, name), []byte(b.String())); err != nil {
			return nil, err
		}
	}
	return []string{"--config-file=" + filepath.Join(dir, "engine.xml"), "--query", start}, nil
}

func hash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func escape(s string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(s))
	return b.String(), err
}

// writeFile replaces a file that only its owner may read, by rename, so that nobody ever reads half of it.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// torn is a name that writeFile gives until the file is whole.
var torn = regexp.MustCompile(`^engine(-users)?\.(json|xml)\.\d+$`)

// removeTorn removes what processes left that were killed within writeFile. Only the holder of the lock may call it.
func removeTorn(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if torn.MatchString(f.Name()) {
			if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
