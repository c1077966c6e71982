package pipeline

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// sqlOf returns the text of sql/name.sql.
func sqlOf(name string) string {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic(err) // the name is a constant of this package
	}
	return string(text)
}

// with puts a list of columns of ours into a statement in place of /*name*/.
func with(sql, name string, columns []string) string {
	mark := "/*" + name + "*/"
	if !strings.Contains(sql, mark) {
		panic(fmt.Sprintf("sql has no %s", mark))
	}
	return strings.ReplaceAll(sql, mark, strings.Join(columns, ", "))
}
