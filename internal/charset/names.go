package charset

import (
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// known lists the encodings that are not in tables.txt, with their canonical
// names.
var known = []struct {
	encoding encoding.Encoding
	names    string
}{
	{bomAware{unicode.UTF8}, "utf8 unicode11utf8"},
	{bomAware{unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}, "utf16le ucs2"},
	{bomAware{unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}, "utf16be"},
	{unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf16"},
	{bomAware{utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)}, "utf32le ucs4le"},
	{bomAware{utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)}, "utf32be ucs4be"},
	{utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), "utf32 ucs4"},

	{charmap.ISO8859_1, "binary"},
	{base64Text, "base64"},
	{hexText, "hex"},

	{japanese.ShiftJIS, "shiftjis csshiftjis mskanji sjis windows31j ms31j xsjis windows932 ms932 cp932 932"},
	{japanese.EUCJP, "eucjp"},
	{simplifiedchinese.GBK, "gbk xgbk isoir58 cp936 windows936 ms936 936 gb2312 gb231280 gb23121980 csgb2312 csiso58gb231280 euccn"},
	{simplifiedchinese.GB18030, "gb18030 chinese"},
	{korean.EUCKR, "cp949 windows949 ms949 949 euckr cseuckr csksc56011987 ksc5601 ksc56011987 ksc56011989 isoir149 korean"},
	{traditionalchinese.Big5, "big5 big5hkscs cnbig5 csbig5 xxbig5 cp950 windows950 ms950 950"},

	{charmap.Windows874, "windows874 win874 cp874 874"},
	{charmap.Windows1250, "windows1250 win1250 cp1250 1250 msee"},
	{charmap.Windows1251, "windows1251 win1251 cp1251 1251 mscyrl"},
	{charmap.Windows1252, "windows1252 win1252 cp1252 1252 msansi"},
	{charmap.Windows1253, "windows1253 win1253 cp1253 1253 msgreek"},
	{charmap.Windows1254, "windows1254 win1254 cp1254 1254 msturk"},
	{charmap.Windows1255, "windows1255 win1255 cp1255 1255 mshebr"},
	{charmap.Windows1256, "windows1256 win1256 cp1256 1256 msarab"},
	{charmap.Windows1257, "windows1257 win1257 cp1257 1257 winbaltrim"},
	{charmap.Windows1258, "windows1258 win1258 cp1258 1258"},

	{charmap.ISO8859_1, "iso88591 latin1 l1 csisolatin1 isoir100 cp819 ibm819 cp28591 28591"},
	{charmap.ISO8859_2, "iso88592 latin2 l2 csisolatin2 isoir101 cp28592 28592"},
	{charmap.ISO8859_3, "iso88593 latin3 l3 csisolatin3 isoir109 cp28593 28593"},
	{charmap.ISO8859_4, "iso88594 latin4 l4 csisolatin4 isoir110 cp28594 28594"},
	{charmap.ISO8859_5, "iso88595 cyrillic csisolatincyrillic isoir144 cp28595 28595"},
	{charmap.ISO8859_6, "iso88596 arabic arabic8 csisolatinarabic isoir127 ecma114 asmo708 cp28596 28596"},
	{charmap.ISO8859_7, "iso88597 greek greek8 csisolatingreek isoir126 ecma118 elot928 cp28597 28597"},
	{charmap.ISO8859_8, "iso88598 hebrew hebrew8 csisolatinhebrew isoir138 iso88598i iso88598e cp28598 28598"},
	{charmap.ISO8859_9, "iso88599 latin5 l5 csisolatin5 isoir148 turkish turkish8 cp28599 28599"},
	{charmap.ISO8859_10, "iso885910 latin6 l6 csisolatin6 isoir157 cp28600 28600"},
	{charmap.ISO8859_13, "iso885913 latin7 l7 isoir179 cp28603 28603"},
	{charmap.ISO8859_14, "iso885914 latin8 l8 isoir199 celtic celtic8 isoceltic cp28604 28604"},
	{charmap.ISO8859_15, "iso885915 latin9 l9 isoir203 cp28605 28605"},
	{charmap.ISO8859_16, "iso885916 latin10 l10 isoir226 cp28606 28606"},

	{charmap.CodePage437, "cp437 ibm437 csibm437 437 cspc8codepage437"},
	{charmap.CodePage850, "cp850 ibm850 csibm850 850 cspc850multilingual"},
	{charmap.CodePage852, "cp852 ibm852 csibm852 852 cspcp852"},
	{charmap.CodePage855, "cp855 ibm855 csibm855 855"},
	{charmap.CodePage858, "cp858 ibm858 csibm858 858"},
	{charmap.CodePage860, "cp860 ibm860 csibm860 860"},
	{charmap.CodePage862, "cp862 ibm862 csibm862 862 cspc862latinhebrew"},
	{charmap.CodePage863, "cp863 ibm863 csibm863 863"},
	{charmap.CodePage865, "cp865 ibm865 csibm865 865"},
	{charmap.CodePage866, "cp866 ibm866 csibm866 866"},

	{charmap.KOI8R, "koi8r 20866 cp20866 ibm878 cskoi8r"},
	{charmap.KOI8U, "koi8ru"}, // what x/text calls KOI8-U has Ў, as KOI8-RU
}
