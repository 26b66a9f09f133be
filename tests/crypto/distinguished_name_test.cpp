// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.hpp"
#include "crypto/der.hpp"
#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

using tests::error_of;
using tests::hex;

namespace {

/// A Name of one commonName.
Bytes common_name(const std::string& value_der) {
  const auto value = hex(value_der);
  const auto size = [](std::size_t number) { return to_hex(Bytes{static_cast<std::uint8_t>(number)}); };
  const auto length = value.size() + 5;
  return hex("30" + size(length + 4) + "31" + size(length + 2) + "30" + size(length) + "0603550403" + value_der);
}

}  // namespace

TEST_CASE("names are written as OpenSSL writes them") {
  // openssl req -x509 -new -key p256.key -config FILE, with `utf8 = yes` and `string_mask` = utf8only,
  // MASK:0x4 (TeletexString), MASK:0x800 (BMPString) or default; then the subject cut out with
  // `openssl asn1parse -strparse`, and its text from
  // openssl x509 -noout -subject -nameopt RFC2253,-esc_msb,utf8. (OpenSSL has `street` for RFC 4514's STREET.)
  const struct {
    const char* name;
    const char* text;
  } rows[] = {
      // UTF8String, as on the Citizen Card
      {"3081c8310b300906035504061302505431243022060355040a0c1b43617274c3a36f206465204369646164c3a36f2056"
       "49525455414c311f301d060355040b0c16417373696e6174757261205175616c69666963616461312230200603550404"
       "0c19444520414c42555155455251554520474f4ec387414c564553310e300c060355042a0c054a4fc3834f3114301206"
       "03550405130b42493132333435363738393128302606035504030c1f4a4fc3834f20444520414c425551554552515545"
       "20474f4ec387414c564553",
       "CN=JOÃO DE ALBUQUERQUE GONÇALVES,serialNumber=BI123456789,GN=JOÃO,SN=DE ALBUQUERQUE GONÇALVES,OU=Assinatura "
       "Qualificada,O=Cartão de Cidadão VIRTUAL,C=PT"},
      // TeletexString
      {"3051310b3009060355040613025054311a3018060355040a141143617274e36f206465204369646164e36f3126302406"
       "03550403141d4a4fc34f20444520414c42555155455251554520474f4ec7414c564553",
       "CN=JOÃO DE ALBUQUERQUE GONÇALVES,O=Cartão de Cidadão,C=PT"},
      // BMPString
      {"307f310b3009060355040613025054312b3029060355040a1e22004300610072007400e3006f00200064006500200043"
       "006900640061006400e3006f3143304106035504031e3a004a004f00c3004f00200044004500200041004c0042005500"
       "5100550045005200510055004500200047004f004e00c70041004c005600450053",
       "CN=JOÃO DE ALBUQUERQUE GONÇALVES,O=Cartão de Cidadão,C=PT"},
      // BMPString beyond Latin-1
      {"30273125302306035504031e1c00500072006500e7006f00200035002020ac0020014100f30064017a", "CN=Preço 5 € Łódź"},
      // beyond the first plane
      {"301a3118301606035504030c0f476f6ec3a7616c76657320f09d849e", "CN=Gonçalves 𝄞"},
      // IA5String
      {"307231123010060a0992268993f22c6401191602707431173015060a0992268993f22c64011916076578616d706c6531"
       "1e301c06092a864886f70d010901160f6a6f616f406578616d706c652e707431143012060a0992268993f22c64010113"
       "046a6f616f310d300b060355040314044a6fe36f",
       "CN=João,UID=joao,emailAddress=joao@example.pt,DC=example,DC=pt"},
      // RFC 4514 §2.4
      {"3052311e301c06035504030c1520612c622b6322645c653c663e673b683d69236a20310e300c060355040a0c05236861"
       "736831133011060355040b0c0a74776f2020696e6e6572310b300906035504070c022020",
       "L=\\ \\ ,OU=two  inner,O=\\#hash,CN=\\ a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h=i#j\\ "},
      // a multi-valued RDN
      {"3049310b30090603550406130250543110300e060355040a0c07456d70726573613128300a0603550405130331323330"
       "0c06035504030c054a6fc3a36f300c06035504040c0553696c7661",
       "SN=Silva+CN=João+serialNumber=123,O=Empresa,C=PT"},
      // names beyond RFC 4514, and a type without one
      {"3081ee310a300806035504030c01783112301006092b06010401868d1f010c036162633112301006035504610c095641"
       "5450542d313233310b3009060355040c0c024472310b3009060355042b0c024a41310a300806035504410c0150310c30"
       "0a060355042c0c03494949310a3008060355042e1301713111300f06035504090c08527561204e6f7661310d300b0603"
       "5504110c0431303030311d301b060355040f0c1450726976617465204f7267616e697a6174696f6e31133011060b2b06"
       "01040182373c02010313025054310a300806035504290c016e310a3008060355040d0c0164310a300806035504140c01"
       "31",
       "telephoneNumber=1,description=d,name=n,jurisdictionC=PT,businessCategory=Private "
       "Organization,postalCode=1000,STREET=Rua "
       "Nova,dnQualifier=q,generationQualifier=III,pseudonym=P,initials=JA,title=Dr,organizationIdentifier=VATPT-123,1."
       "3.6.1.4.1.99999.1=#0C03616263,CN=x"},
      // control characters
      {"301f311d301b06035504030c146573631b5b33316d20746162096e6c0a656e647f", "CN=esc\\1B[31m tab\\09nl\\0Aend\\7F"},
  };
  for (const auto& row : rows) {
    CHECK(distinguished_name_text(hex(row.name)) == row.text);
  }
}

TEST_CASE("every kind of string is read, whatever it looks like") {
  CHECK(distinguished_name_text(common_name("1c0800000047000020ac")) == "CN=G€");  // UniversalString
  CHECK(distinguished_name_text(common_name("1e04d834dd1e")) == "CN=\U0001d11e");  // BMPString with surrogates
  CHECK(distinguished_name_text(common_name("1a0141")) == "CN=A");                 // VisibleString
  CHECK(distinguished_name_text(common_name("120131")) == "CN=1");                 // NumericString
  CHECK(distinguished_name_text(common_name("0c00")) == "CN=");
  CHECK(distinguished_name_text(common_name("0c0120")) == "CN=\\ ");
  CHECK(distinguished_name_text(common_name("0c03414200")) == "CN=AB\\00");
}

TEST_CASE("values that are no string, or a broken one, are written in hex") {
  CHECK(distinguished_name_text(common_name("03020780")) == "CN=#03020780");      // BIT STRING
  CHECK(distinguished_name_text(common_name("0c02c3c3")) == "CN=#0C02C3C3");      // not UTF-8
  CHECK(distinguished_name_text(common_name("0c02c080")) == "CN=#0C02C080");      // overlong
  CHECK(distinguished_name_text(common_name("0c03eda080")) == "CN=#0C03EDA080");  // a surrogate
  CHECK(distinguished_name_text(common_name("1e0141")) == "CN=#1E0141");          // half a character
  CHECK(distinguished_name_text(common_name("1e02dd1e")) == "CN=#1E02DD1E");      // half a pair
  CHECK(distinguished_name_text(common_name("1e02d834")) == "CN=#1E02D834");
  CHECK(distinguished_name_text(common_name("1c0400110000")) == "CN=#1C0400110000");
}

TEST_CASE("a name without parts is empty") { CHECK(distinguished_name_text(hex("3000")).empty()); }

TEST_CASE("broken names are malformed") {
  for (const char* broken : {"", "30", "3100",
                             "3002"
                             "3100",
                             "300431023000",
                             "3000"
                             "00",
                             "300b3109300706035504030500"
                             "00",
                             "300d310b30090602558404030c0141"}) {
    INFO(broken);
    CHECK(error_of([&] { distinguished_name_text(hex(broken)); }).kind() == ErrorKind::malformed);
  }
}

TEST_CASE("names match as RFC 4518 prepares them: letters, and spaces of every kind") {
  const auto text = [](const std::string& value) {
    return common_name("0c" + to_hex(Bytes{static_cast<std::uint8_t>(value.size())}) + to_hex(as_bytes(value)));
  };
  const auto both = [&](const std::string& left, const std::string& right) {
    const bool matches = names_match(text(left), text(right));
    CHECK((comparable_name(text(left)) == comparable_name(text(right))) == matches);
    return matches;
  };
  for (const std::string same : {"Evil Org", "EVIL ORG", "Evil\tOrg", " Evil  Org ", "Evil\r\nOrg", "Evil\u00a0Org",
                                 "Evil\u3000\u2003Org", "\u2028Evil Org", "Evil Or\u200bg", "Ev\u00adil Org",
                                 "\x01"
                                 "Evil Org\x7f"}) {
    INFO(to_hex(as_bytes(same)));
    CHECK(both("Evil Org", same));
  }
  for (const std::string other : {"EvilOrg", "Evil Orga", "Evil_Org", "\u00c9vil Org", ""}) {
    INFO(other);
    CHECK_FALSE(both("Evil Org", other));
  }
  CHECK_FALSE(both("\u00c9vil", "\u00e9vil"));
  // Not by the text alone: an attribute is of a type, and what is no text is compared as it is.
  CHECK_FALSE(names_match(common_name("0c0141"), common_name("03020780")));
  CHECK(comparable_name(common_name("0c0141")) == comparable_name(common_name("130161")));
  CHECK(comparable_name(hex("300c310a300806035504030c0141")) != comparable_name(hex("300c310a3008060355040a0c0141")));
  CHECK(comparable_name(hex("31")) != comparable_name(hex("3000")));
}

TEST_CASE("what names are found by is short, however long they are") {
  const auto name = [](const std::string& last) {
    const auto one = hex("310c300a06035504030c03414243");
    Bytes content;
    for (int count = 0; count < 1000; ++count) content.insert(content.end(), one.begin(), one.end());
    const auto end = hex("310a300806035504030c01" + last);
    content.insert(content.end(), end.begin(), end.end());
    return der::encoded(der::tag::sequence, content);
  };
  CHECK(comparable_name(name("41")).size() < 100);
  CHECK(comparable_name(name("41")) == comparable_name(name("61")));
  CHECK(comparable_name(name("41")) != comparable_name(name("42")));
}

TEST_CASE("the last commonName is the common name") {
  CHECK(common_name_of(hex("3000")).empty());
  CHECK(common_name_of(common_name("0c0141")) == "A");
  CHECK(common_name_of(common_name("0c02c3c3")).empty());
  CHECK(common_name_of(hex("3018310a300806035504030c0141310a300806035504030c0142")) == "B");
}

}  // namespace eidtool::crypto
