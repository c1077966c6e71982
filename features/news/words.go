package news

import "strings"

// Legal forms at the end of Chinese names, the longer before those they end in. 控股 stays: it is another company.
var legalHan = strings.Fields("股份有限公司 有限责任公司 有限合伙企业 有限公司 股份公司 总公司 株式会社 (集团) 集团 公司")

// Legal forms of Latin names, folded.
var legalWords = set(`inc incorporated corp corporation co company companies ltd limited llc llp lp plc gmbh ag kg kgaa se sa sas sarl
spa srl bv nv ab asa oy oyj as aps pty pte sdn bhd kk group holding holdings`)

// Those of them that follow a comma or end in a full stop without ending anything.
var legalAbbreviations = set("inc corp co ltd llc llp lp plc gmbh sa nv bv ag spa pty pte bhd limited incorporated")

// Words that name no one company, in both languages, folded. Chains of them are refused when we made them by shortening.
var genericWords = set(`
公司 集团 企业 有限 股份 有限公司 股份公司 股份有限公司 有限责任公司 集团公司 控股 科技 技术 实业 工业 贸易 商贸 投资 发展 国际 建筑 建设 工程 电子 化工 食品 物流
机械 医药 药业 地产 房地产 置业 酒店 银行 证券 保险 能源 电力 电气 汽车 服务 管理 信息 网络 软件 环保 材料 新材料 农业 传媒 文化 教育 设备 制造 进出口 供应链 金融
电器 纺织 服装 钢铁 煤炭 石油 石化 航空 交通 运输 港口 水务 旅游 生物 健康 家居 数码 通信 半导体 光电 新能源 高科 资本 基金 信托 租赁 期货 国资 城投 客户 供应商 股东
china chinese america american europe european asia global world international national united states the company group bank limited holdings
trading services service industries industry technology technologies solutions systems products materials energy capital partners investment investments management
customer supplier shareholder market news test null none na unknown`)

// Endings that 业 turns into the name of an industry.
var industryNouns = set("银行 保险 证券 基金 汽车 电信 旅游 钢铁 煤炭 建筑 物流 航空 农业 制造 金融 地产 纺织 食品")

// Places a Chinese company name may begin with; the same name behind another place is another company.
var places = set(`
中国 中华 全国 亚洲 欧洲 美国 日本 韩国 德国 法国 英国 俄罗斯 印度 新加坡 香港 澳门 台湾
北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 内蒙古 广西 西藏 宁夏 新疆
石家庄 唐山 保定 邯郸 太原 大同 沈阳 大连 鞍山 长春 哈尔滨 大庆 南京 苏州 无锡 常州 南通 徐州 扬州 镇江 盐城 泰州 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 台州 义乌
合肥 芜湖 蚌埠 福州 厦门 泉州 漳州 南昌 九江 赣州 济南 青岛 烟台 潍坊 淄博 临沂 威海 东营 郑州 洛阳 开封 新乡 武汉 宜昌 襄阳 荆州 长沙 株洲 湘潭 岳阳 衡阳
广州 深圳 珠海 佛山 东莞 中山 惠州 汕头 江门 湛江 海口 三亚 成都 绵阳 德阳 宜宾 泸州 贵阳 遵义 昆明 西安 咸阳 宝鸡 兰州 西宁 呼和浩特 包头 南宁 柳州 桂林 拉萨 银川 乌鲁木齐`)

// Everyday English words that are also names of companies.
var commonWords = set(`
apple target shell default gap orange sprint delta visa square block match box zoom slack snap alphabet oracle sage next boots unity ford crown
amazon focus summit pioneer liberty frontier horizon apex prime premier first general standard progress progressive discover discovery guess express
limited brands best buy dollar tree general mills american eagle union pacific southern northern western eastern central virgin tide dove galaxy
compass anchor bridge canal castle diamond eagle falcon fox golden grand harbor harbour hub icon impact insight key king lead legend link lion lotus magnet
matrix meta mobile mosaic nation nexus north south east west nova oak ocean olympus omega onyx open opal option origin paragon patriot peak pearl phoenix
pinnacle planet polaris power precision pulse quest quick rapid raven red regal reliance republic river rock rocket royal safe sapphire scout select sentinel
shield signal silver sky smart snow solar solid sonic source spark spirit spring star steel stone storm stream strike sun superior surge swift titan tower
trinity triumph trust turbo twin ultra union universal valley value vector venture victory vision vista vital volt wave wish wolf worth young zenith
charge fire receiver judge court bond bank rating chapter`)
