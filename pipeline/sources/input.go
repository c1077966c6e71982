package sources

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"creditwatch/pipeline/asof"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// An input is a file or feed of a source, looked at and not yet taken.
type input struct {
	File     string // as recorded: below the input folder with slashes, or the address
	Size     int64
	SHA256   string
	Encoding string
	Header   []string
	format   string
	sheet    string // of xlsx
	header   int    // of xlsx, the row it is in
	modified time.Time
	seen     validators  // of a feed, for the next request
	page     *page       // of a feed, its content
	spool    *spooled    // of a service or database, its records
	stored   *storedCopy // of a store, where its copy is
	told     *told       // what its control file says
	rows     uint64      // that were staged
	known    uint64      // rows, if a published run of another date has read it whole
	skip     bool
	empty    bool // has nothing to stage
}

// find lists the files of a source in the order in which they are read: by glob, then by name.
func find(root *os.Root, s Source, asOf asof.Date) ([]string, error) {
	var found []string
	for _, glob := range s.Path {
		if isAddressPath(glob) || isStored(glob) {
			continue
		}
		names, err := fs.Glob(root.FS(), path.Clean(glob))
		if err != nil {
			return nil, fmt.Errorf("path: %s: %w", quoted(glob), err)
		}
		if _, err := root.Lstat(path.Clean(glob)); err == nil && len(names) == 0 {
			names = []string{path.Clean(glob)} // a link that leads out of the folder, to be refused by its name
		}
		slices.Sort(names)
		for _, n := range names {
			if strings.HasPrefix(path.Base(n), "~$") { // Excel's mark on a workbook that somebody has open
				continue
			}
			if s.Dated {
				if day, ok := dateIn(path.Base(n)); !ok {
					return nil, fmt.Errorf("%s: the source is `dated`, but its name holds no date as YYYY-MM-DD", n)
				} else if day > asOf {
					continue
				}
			}
			if !slices.Contains(found, n) {
				found = append(found, n)
			}
		}
	}
	return found, nil
}

var dateInName = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}`)

func dateIn(name string) (asof.Date, bool) {
	for _, m := range dateInName.FindAllString(name, -1) {
		if d, err := asof.Parse(m); err == nil {
			return d, true
		}
	}
	return 0, false
}

// formatOf tells the format from the file name.
func formatOf(s Source, file string) (string, error) {
	if s.Format != "" {
		return s.Format, nil
	}
	base := strings.ToLower(file)
	for _, packed := range []string{".gz", ".zst"} {
		base = strings.TrimSuffix(base, packed)
	}
	switch path.Ext(base) {
	case ".csv", ".txt":
		return "csv", nil
	case ".tsv", ".tab":
		return "tsv", nil
	case ".jsonl", ".ndjson":
		return "jsonl", nil
	case ".xlsx", ".xlsm":
		return "xlsx", nil
	case ".parquet":
		return "parquet", nil
	case ".arrow", ".arrows", ".feather", ".ipc":
		return "arrow", nil
	}
	return "", fmt.Errorf("the name tells no format: give `format` (%s)", strings.Join(formats, ", "))
}

// An opened file is read through a hash and, if it is packed, unpacked on the way.
type opened struct {
	io.Reader
	file   *os.File
	info   fs.FileInfo
	sum    hash.Hash
	packed bool
	zstd   *zstd.Decoder
	raw    *bufio.Reader // nil when it is closed
}

var fileBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 256<<10) }}

// open opens a plain file: no link, folder, pipe or device.
func open(root *os.Root, file string) (*opened, error) {
	info, err := root.Lstat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is not a plain file but %s", kindOfFile(info.Mode()))
	}
	f, err := root.Open(file)
	if err != nil {
		return nil, err
	}
	o := &opened{file: f, sum: sha256.New()}
	if o.info, err = f.Stat(); err != nil || !os.SameFile(info, o.info) {
		f.Close()
		return nil, errors.Join(errChanged, err)
	}
	raw := fileBuffers.Get().(*bufio.Reader)
	raw.Reset(io.TeeReader(f, o.sum))
	o.raw = raw
	magic, err := raw.Peek(4)
	if err != nil && err != io.EOF {
		f.Close()
		return nil, err
	}
	err = nil
	o.Reader = raw
	lower := strings.ToLower(file)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}) || strings.HasSuffix(lower, ".gz"):
		o.packed = true
		o.Reader, err = gzip.NewReader(raw)
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) || strings.HasSuffix(lower, ".zst"):
		o.packed = true
		if len(magic) == 0 {
			err = io.ErrUnexpectedEOF
			break
		}
		o.zstd, err = zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20), zstd.WithDecoderMaxWindow(128<<20))
		o.Reader = o.zstd
	}
	if err != nil {
		f.Close()
		return nil, notWhole(err)
	}
	return o, nil
}

func kindOfFile(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a link"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	}
	return "a device or socket"
}

var errChanged = errors.New("file changed while it was read: it is not finished")

// notWhole names the errors of an unpacker that mean a half-written file.
func notWhole(err error) error {
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("file is not whole: %w", err)
}

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if err != nil && err != io.EOF && o.packed {
		err = notWhole(err)
	}
	return n, err
}

func (o *opened) Close() error {
	if o.zstd != nil {
		o.zstd.Close()
	}
	if o.raw != nil {
		o.raw.Reset(nil)
		fileBuffers.Put(o.raw)
		o.raw, o.Reader = nil, o.file // which says that it is closed
	}
	return o.file.Close()
}

// settle reads what is left, so that the hash is of the whole file, and reports a file that changed meanwhile.
func (o *opened) settle() error {
	if _, err := io.Copy(io.Discard, o); err != nil {
		return err
	}
	if _, err := io.Copy(o.sum, o.file); err != nil { // what follows the packed stream
		return err
	}
	now, err := o.file.Stat()
	if err != nil {
		return err
	}
	if now.Size() != o.info.Size() || !now.ModTime().Equal(o.info.ModTime()) {
		return errChanged
	}
	return nil
}

func (o *opened) sha256() string { return hex.EncodeToString(o.sum.Sum(nil)) }

// lookWhole looks at a file and reads its control file, if the source has some. A known file was held against its own when it was read.
func lookWhole(root *os.Root, s Source, file string, before []knownFile) (input, error) {
	in, err := look(root, s, file, before)
	if err == nil && s.Control != nil && !in.skip {
		in.told, err = s.Control.read(root, file)
	}
	return in, err
}

// look reads a file through for its hash, wholeness, encoding and header. Nothing of it is taken yet. Of a file that is
// as it was when it was read before, the hash and the header are enough.
func look(root *os.Root, s Source, file string, before []knownFile) (in input, err error) {
	in = input{File: file, sheet: s.Sheet, header: s.HeaderRow}
	if in.format, err = formatOf(s, file); err != nil {
		return in, err
	}
	if len(before) > 0 && in.isKnown(root, before) {
		return in, in.readHeader(root)
	}
	o, err := open(root, file)
	if err != nil {
		return in, err
	}
	defer o.Close()
	in.Size, in.modified = o.info.Size(), o.info.ModTime()
	if in.Size == 0 {
		if in.format == "jsonl" { // which has no header to miss
			in.Encoding, in.empty = "utf-8", true
			return in, nil
		}
		return in, errEmpty
	}
	if !in.isBinary() {
		sniffed := &sniffer{}
		if err := eachLine(o, sniffed.line); err != nil {
			return in, err
		}
		if in.Encoding = s.Encoding; in.Encoding == "" {
			if in.Encoding, err = sniffed.encoding(); err != nil {
				return in, err
			}
		}
	} else if o.packed {
		return in, fmt.Errorf("a packed %s file cannot be read: unpack it, the format packs by itself", in.format)
	}
	if err := o.settle(); err != nil {
		return in, err
	}
	in.SHA256 = o.sha256()
	return in, in.readHeader(root)
}

func (in *input) readHeader(root *os.Root) error {
	if in.format == "jsonl" { // which has none: the names of all its rows
		again, err := open(root, in.File)
		if err != nil {
			return err
		}
		defer again.Close()
		in.Header, err = jsonHeader(again, decoderOf(in.Encoding))
		return err
	}
	o, err := open(root, in.File)
	if err != nil {
		return err
	}
	defer o.Close()
	r, err := in.rowsOf(o)
	if err != nil {
		return err
	}
	in.Header = r.Header()
	if c, ok := r.(*csvRows); ok {
		c.release()
	}
	return nil
}

// isKnown takes over what is known of the file if its bytes are those of a version read before.
func (in *input) isKnown(root *os.Root, before []knownFile) bool {
	info, err := root.Lstat(in.File)
	if err != nil || !info.Mode().IsRegular() {
		return false // for look to say
	}
	f, err := root.Open(in.File)
	if err != nil {
		return false
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return false
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	i := slices.IndexFunc(before, func(k knownFile) bool { return k.sha256 == hash })
	if i < 0 {
		return false
	}
	in.Size, in.modified = size, info.ModTime()
	in.SHA256, in.Encoding, in.known, in.skip = hash, before[i].encoding, before[i].rows, true
	return true
}

// eachLine calls see with the lines of r; of lines above maxRow, with nothing.
func eachLine(r io.Reader, see func([]byte)) error {
	br := bufio.NewReaderSize(r, maxRow)
	tooLong := false
	for {
		line, err := br.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			tooLong = true
			continue
		}
		if !tooLong && len(line) > 0 {
			see(line)
		}
		tooLong = false
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// open starts reading the rows of an input. done ends it and, if the input was read to its end, reports whether it
// was still what it was when it was looked at.
func (in input) open(root *os.Root) (r rows, done func() error, err error) {
	if in.page != nil {
		return in.page.rows(), func() error { return nil }, nil
	}
	if in.spool != nil {
		return in.spool.rows(in.Header), func() error { return nil }, nil
	}
	file := in.File
	if in.stored != nil {
		root, file = in.stored.root, in.stored.name
	}
	o, err := open(root, file)
	if err != nil {
		return nil, nil, err
	}
	if r, err = in.rowsOf(o); err != nil {
		o.Close()
		return nil, nil, err
	}
	return r, func() error {
		defer o.Close()
		if in.isBinary() { // read from all over the file: look at it afresh
			if _, err := o.file.Seek(0, io.SeekStart); err != nil {
				return err
			}
			o.sum.Reset()
			if _, err := io.Copy(o.sum, o.file); err != nil {
				return err
			}
		} else if err := o.settle(); err != nil {
			return err
		}
		if in.SHA256 != "" && o.sha256() != in.SHA256 {
			return errChanged
		}
		return nil
	}, nil
}

func (in input) rowsOf(o *opened) (rows, error) {
	dec := decoderOf(in.Encoding)
	switch in.format {
	case "csv":
		return newCSV(o, ',', dec)
	case "tsv":
		return newCSV(o, '\t', dec)
	case "parquet":
		return newParquet(o.file, o.info.Size())
	case "arrow":
		return newArrow(o.file)
	case "xlsx":
		return newXLSX(o.file, o.info.Size(), in.sheet, in.header)
	}
	return newJSON(o, dec, in.Header), nil
}

func (in input) isBinary() bool {
	return in.format == "parquet" || in.format == "arrow" || in.format == "xlsx"
}

// staged reports whether rows of the input are to be read.
func (in input) staged() bool { return !in.skip && !in.empty }
