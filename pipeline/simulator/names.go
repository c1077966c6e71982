package simulator

import (
	"fmt"
	"strings"
)

// An industry with the words that names of its companies carry.
type industry struct {
	code, zh, en string
	words        []words
	effect       float64 // lasting effect on health
}

type words struct{ zh, en string }

var industries = []industry{
	{"machinery", "机械", "machinery", []words{{"精密机械", "Precision Machinery"}, {"重型机械", "Heavy Machinery"}, {"机电设备", "Electromechanical Equipment"}}, 0.05},
	{"electronics", "电子", "electronics", []words{{"电子科技", "Electronics Technology"}, {"光电", "Optoelectronics"}, {"微电子", "Microelectronics"}}, 0.1},
	{"textiles", "纺织", "textiles", []words{{"纺织", "Textile"}, {"针织服饰", "Knitwear"}, {"印染", "Dyeing"}}, -0.15},
	{"chemicals", "化工", "chemicals", []words{{"化工", "Chemical"}, {"新材料", "New Materials"}, {"涂料", "Coatings"}}, 0},
	{"building_materials", "建材", "building materials", []words{{"建材", "Building Materials"}, {"装饰工程", "Decoration Engineering"}, {"门窗", "Doors and Windows"}}, -0.25},
	{"food", "食品", "food", []words{{"食品", "Foods"}, {"粮油", "Grain and Oil"}, {"饮品", "Beverages"}}, 0.2},
	{"furniture", "家具", "furniture", []words{{"家具", "Furniture"}, {"家居", "Home Furnishing"}, {"木业", "Timber"}}, -0.1},
	{"auto_parts", "汽配", "auto parts", []words{{"汽车零部件", "Auto Parts"}, {"汽车电器", "Automotive Electrical"}, {"传动", "Transmission"}}, 0},
	{"photovoltaics", "光伏", "photovoltaics", []words{{"光伏", "Photovoltaic"}, {"新能源", "New Energy"}, {"硅材料", "Silicon Materials"}}, -0.1},
	{"packaging", "包装", "packaging", []words{{"包装", "Packaging"}, {"彩印", "Printing"}, {"纸业", "Paper"}}, 0.05},
	{"logistics", "物流", "logistics", []words{{"物流", "Logistics"}, {"供应链", "Supply Chain"}, {"仓储", "Warehousing"}}, 0},
	{"medical_devices", "医疗器械", "medical devices", []words{{"医疗器械", "Medical Devices"}, {"医疗科技", "Medical Technology"}, {"康复器材", "Rehabilitation Equipment"}}, 0.25},
}

// A region is a province with the cities whose names companies carry.
type region struct {
	code, zh string
	cities   []words
	effect   float64
}

var regions = []region{
	{"Jiangsu", "江苏", []words{{"苏州", "Suzhou"}, {"无锡", "Wuxi"}, {"南通", "Nantong"}}, 0.1},
	{"Zhejiang", "浙江", []words{{"宁波", "Ningbo"}, {"温州", "Wenzhou"}, {"嘉兴", "Jiaxing"}}, 0.1},
	{"Guangdong", "广东", []words{{"佛山", "Foshan"}, {"东莞", "Dongguan"}, {"中山", "Zhongshan"}}, 0.05},
	{"Shandong", "山东", []words{{"青岛", "Qingdao"}, {"潍坊", "Weifang"}, {"烟台", "Yantai"}}, -0.05},
	{"Shanghai", "上海", []words{{"上海", "Shanghai"}}, 0.15},
	{"Sichuan", "四川", []words{{"成都", "Chengdu"}, {"绵阳", "Mianyang"}}, 0},
	{"Hubei", "湖北", []words{{"武汉", "Wuhan"}, {"宜昌", "Yichang"}}, -0.05},
	{"Henan", "河南", []words{{"郑州", "Zhengzhou"}, {"洛阳", "Luoyang"}}, -0.15},
	{"Fujian", "福建", []words{{"厦门", "Xiamen"}, {"泉州", "Quanzhou"}}, 0.05},
	{"Anhui", "安徽", []words{{"合肥", "Hefei"}, {"芜湖", "Wuhu"}}, 0},
	{"Hebei", "河北", []words{{"唐山", "Tangshan"}, {"保定", "Baoding"}}, -0.15},
	{"Liaoning", "辽宁", []words{{"大连", "Dalian"}, {"沈阳", "Shenyang"}}, -0.2},
}

// The syllables of brands. Within a table no two are pronounced alike, so that the English names differ too; they are
// rare in company names, so that no real company is named.
var brandTables = [3][]words{
	syllables("岑cen 砚yan 骁xiao 屿yu 澜lan 珂ke 冉ran 笙sheng 湛zhan 颂song 弈yi 蓼liao 皓hao 峤qiao 沅yuan 棠tang 翎ling 烨ye 祺qi 枫feng 淞sun 昱wu 邈miao 铠kai 洵xun 翊lu 钧jun 霁ji 璟jing 濯zhuo 萦ying 旌jin 泓hong 廷ting 茗ming 筠jun2 骞qian 韬tao 玥yue 彬bin"),
	syllables("禾he 陌mo 蘅heng 屹yi 苒ran 桦hua 鲲kun 溪xi 岳yue 楷kai 蔚wei 麓lu 杉shan 溯su 曜yao 芃peng 埕cheng 柏bai 渡du 缇ti 歌ge 栎li 枢shu 璞pu 穹qiong 萃cui 弦xian 鹭lu 衡hang 汀ting 谷gu 昴mao 铎duo 凝ning 篆zhuan 朔shuo 郁yu 帆fan 珩heng2 荻di"),
	syllables("陆lu 曦xi 垣yuan 钰yu 澈che 阑lan 辰chen 倬zhuo 桓huan 轩xuan 霖lin 砾li 梓zi 樾yue 穆mu 骐qi 胤yin 焱yan 舸ge 箴zhen 岱dai 楠nan 珞luo 芷zhi 疆jiang 棣di 赫he 煦xu 崟yin2 祁qi2 畅chang 遥yao 卓zhuo2 攸you 熠yi 沛pei 琮cong 舜shun 峥zheng 柒qi3"),
}

// syllables reads "字pinyin" words; a trailing digit keeps apart what is pronounced alike, and it is written as "h".
func syllables(s string) []words {
	var table []words
	for _, f := range strings.Fields(s) {
		r := []rune(f)
		en := string(r[1:])
		if d := en[len(en)-1]; d >= '0' && d <= '9' {
			en = en[:len(en)-1] + strings.Repeat("h", int(d-'1'))
		}
		table = append(table, words{string(r[0]), en})
	}
	return table
}

// brand returns the trade name of unit n; different n, different brand.
func brand(seed uint64, n int) words {
	size := len(brandTables[0]) * len(brandTables[1]) * len(brandTables[2])
	round, k := n/size, n%size
	// 27 449 and size have no common factor, so this visits every combination once, and neighbours look unrelated.
	k = int((uint64(k)*27449 + mix(seed)%uint64(size)) % uint64(size))
	var b words
	for _, table := range brandTables {
		w := table[k%len(table)]
		k /= len(table)
		b.zh += w.zh
		b.en += w.en
	}
	if round > 0 { // very large books: a fourth syllable, and a fifth
		b.zh += "元亨利贞"[3*(round%4):3*(round%4)+3] + strings.Repeat("泰", round/4)
		b.en += []string{"heng", "li", "zhen", "yuan"}[(round+3)%4] + strings.Repeat("tai", round/4)
	}
	b.en = strings.ToUpper(b.en[:1]) + b.en[1:]
	return b
}

// names are the names of a company: legal, short and English.
type names struct {
	legal, short, english, shortEnglish string
}

func companyNames(city, brand, trade words, parent, listed bool) names {
	form, formEN := "有限公司", "Co., Ltd."
	if listed {
		form, formEN = "股份有限公司", "Corp."
	}
	if parent {
		trade = words{trade.zh + "集团", trade.en + " Group"}
	}
	return names{
		legal:        city.zh + brand.zh + trade.zh + form,
		short:        city.zh + brand.zh,
		english:      fmt.Sprintf("%s %s %s %s", city.en, brand.en, trade.en, formEN),
		shortEnglish: city.en + " " + brand.en,
	}
}
