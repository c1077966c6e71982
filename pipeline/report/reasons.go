package report

import "regexp"

// The pull writes why it refused a row in English, the language of the table rejects. The Chinese page says it in Chinese, by these two
// lists. What is in neither is shown as it was written: a reason that a later version words otherwise, or the words of a library.

type phrase struct {
	form *regexp.Regexp
	zh   string
}

// reasons are the forms of a reason. Where a form ends with what was expected, the Chinese of [wants] follows.
var reasons = []phrase{
	{form(`is needed and empty`), "必填，但为空"},
	{form(`left out by where`), "按 where 条件排除"},
	{form(`left out: from makes no row of it`), "排除：from 没有由它生成行"},
	{form(`left out: erased on request`), "排除：已按申请删除"},
	{form(`the cell "(?P<cell>.*)" is not (?P<want>.*)`), "单元格“${cell}”不是"},
	{form(`the value (?P<cell>.*) is not (?P<want>.*)`), "值 ${cell} 不是"},
	{form(`has (\d+) cells, the header has (\d+)`), "有 $1 个单元格，表头有 $2 个"},
	{form(`text follows a closing quote`), "结束引号之后还有文字"},
	{form(`a quote stands inside a cell that does not begin with one`), "单元格不以引号开头，中间却有引号"},
	{form(`the (?:line|row) is longer than (\d+) bytes`), "行长超过 $1 字节"},
	{form(`the (?:line|row) is longer than (\d+) bytes; the beginning is kept`), "行长超过 $1 字节，只保留了开头"},
	{form(`the feed is larger than (\d+) bytes`), "订阅源超过 $1 字节"},
	{form(`the entry is empty`), "条目为空"},
	{form(`no entry can be read: (.*)`), "没有可读的条目：$1"},
	{form(`holds a NUL (?:byte|character)`), "含有空字符（NUL）"},
	{form(`holds bytes that are not (.*)`), "含有不属于 $1 编码的字节"},
	{form(`column (.*) holds NUL or bytes that are not utf-8`), "列 $1 含有空字符（NUL）或不属于 utf-8 的字节"},
	{form(`is not a JSON object`), "不是 JSON 对象"},
	{form(`has the name (.*) twice`), "名称 $1 出现两次"},
	{form(`has text after its JSON object`), "JSON 对象之后还有文字"},
	{form(`a quote is opened and not closed`), "引号打开后没有关闭"},
	{form(`cell (\w+) has a value beyond the header, which has (\d+) columns`), "单元格 $1 超出表头，表头有 $2 列"},
	{form(`cell (\w+) names a text that the workbook does not have`), "单元格 $1 引用了工作簿中不存在的文本"},
	{form(`cell (\w+) holds the error (.*)`), "单元格 $1 含有错误值 $2"},
	{form(`cell (\w+) is of the type (.*), which is not known`), "单元格 $1 的类型 $2 未知"},
	{form(`cell (\w+) holds (.*), which is no number`), "单元格 $1 的内容 $2 不是数字"},
	{form(`cell (\w+) is a date before 1900 or after 9999`), "单元格 $1 的日期早于 1900 年或晚于 9999 年"},
	{form(`cell (\w+) is 1900-02-29, a day that does not exist`), "单元格 $1 是 1900-02-29，这一天不存在"},
	{form(`cell (\w+) is a formula without a stored result: open the file in Excel and save it`), "单元格 $1 是没有保存结果的公式：请用 Excel 打开该文件并保存"},
}

// wants are what a column takes.
var wants = []phrase{
	{form(`a decimal number of at most 16 digits before the point and 8 after it`), "小数点前最多 16 位、后最多 8 位的十进制数"},
	{form(`a whole number`), "整数"},
	{form(`a whole number of 32 bits`), "32 位整数"},
	{form(`a finite number`), "有限的数"},
	{form(`a number of at most four decimals`), "最多四位小数的数"},
	{form(`a number of at most eight decimals`), "最多八位小数的数"},
	{form(`a number of at most (\d+) decimals`), "最多 $1 位小数的数"},
	{form(`small enough: its size must be below (\d+)`), "允许的大小：绝对值须小于 $1"},
	{form(`a day as YYYY-MM-DD that exists`), "存在的日期（YYYY-MM-DD）"},
	{form(`an instant as YYYY-MM-DD HH:MM:SS that exists`), "存在的时间（YYYY-MM-DD HH:MM:SS）"},
	{form(`a day from (\S+) to (\S+)`), " $1 至 $2 之间的日期"},
	{form(`an instant from (\S+) to (\S+)`), " $1 至 $2 之间的时间"},
	{form(`the first day of a month`), "某月的第一天"},
	{form(`yes or no, true or false, 1 or 0`), "是或否（yes/no、true/false、1/0）"},
	{form(`one of (.*)`), "下列之一：$1"},
	{form(`a list of kind=key; kind=key`), "“种类=键; 种类=键”形式的列表"},
	{form(`a country of two capital letters`), "两个大写字母的国家代码"},
	{form(`a currency of three capital letters`), "三个大写字母的货币代码"},
	{form(`an http or https address`), " http 或 https 地址"},
	{form(`0 or more`), "大于或等于 0 的数"},
	{form(`0 or more: the kind gives the sign`), "大于或等于 0 的数：正负由种类决定"},
	{form(`above 0`), "大于 0 的数"},
	{form(`(-?\d+) to (\d+)`), " $1 至 $2 之间的数"},
	{form(`0 to (\d+) days`), " 0 至 $1 天"},
	{form(`a share per year from 0 to 10, 0\.08 = 8 %`), " 0 至 10 之间的年利率（0.08 即 8 %）"},
}

func form(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?s:` + pattern + `)$`) }

// Reason is why the pull refused a row, in both languages.
func Reason(written string) Text {
	inner, zh := written, ""
	if m := inWhere.FindStringSubmatch(written); m != nil {
		inner, zh = m[1], "where："
	}
	for _, r := range reasons {
		at := r.form.FindStringSubmatchIndex(inner)
		if at == nil {
			continue
		}
		zh += string(r.form.ExpandString(nil, r.zh, inner, at))
		i := r.form.SubexpIndex("want")
		if i < 0 {
			return Text{written, zh}
		}
		for _, w := range wants {
			if m := w.form.FindStringSubmatchIndex(inner[at[2*i]:at[2*i+1]]); m != nil {
				return Text{written, zh + string(w.form.ExpandString(nil, w.zh, inner[at[2*i]:], m))}
			}
		}
		break
	}
	return Text{written, written}
}

var inWhere = form(`where: (.*)`)

// Reason writes why a row was refused in the page's language.
func (p printer) Reason(written string) string {
	t := Reason(written)
	return p.Text(t.EN, t.ZH)
}
