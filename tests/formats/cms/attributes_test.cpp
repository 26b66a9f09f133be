// SPDX-License-Identifier: Apache-2.0
#include "formats/cms/attributes.hpp"

#include <string>

#include "crypto/asn1.hpp"
#include "formats/cms_tools.hpp"
#include "formats/content.hpp"
#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::formats::cms {

namespace {

bool are_attributes(const Bytes& document) {
  BytesContent content(document, "document");
  return are_signed_attributes(content.beginning(), content.size());
}

}  // namespace

TEST_CASE("what is signed of signed attributes is known by its form, in whatever BER") {
  for (const std::string text : {
           "3109300706032a03043100",              // { 1.2.3.4, {} }
           "310b300906032a030431020500",          // with a value
           "318109300706032a03043100",            // longer lengths than there need to be
           "31840000000b300906032a030431020500",  //
           "310b30810806042a8003043100",          //
           "3180300706032a030431000000",          // indefinite ones
           "310d308006032a0304318000000000",      //
           "310b300706032a030431003000",          // whatever comes behind
       }) {
    INFO(text);
    CHECK(are_attributes(tests::hex(text)));
  }
  const auto made = crypto::asn1::set_of(tests::HandMade().usual(as_bytes("text")).signed_attributes);
  CHECK(are_attributes(made));
  // Of a pipe nobody knows yet how long it is.
  CHECK(are_signed_attributes(tests::hex("3183ffffff300706032a03043100"), std::nullopt));
}

TEST_CASE("a type that is too long to see behind it hides nothing") {
  Bytes document = tests::hex("3182040c3082040806820400");
  document.resize(document.size() + 1024, 1);
  const auto end = tests::hex("31020500");
  document.insert(document.end(), end.begin(), end.end());
  CHECK(are_attributes(document));
}

TEST_CASE("what only begins like signed attributes is none") {
  for (const std::string text : {
           "",
           "31",
           "3100",                                // none at all
           "3109",                                // cut off
           "310930",                              //
           "3109300706032a0304",                  //
           "3109300706032a0304310000",            // something behind
           "3108300706032a03043100",              //
           "3009300706032a03043100",              // another hull
           "3109310706032a03043100",              //
           "3109300702032a03043100",              // no type
           "310c300a06035504030c03616263",        // part of a name
           "31ffffffffffffffffffffffffffffffff",  //
           "312e30200a",                          // "1.0 \n"
           "310130",                              // a fitting hull, and too little in it
           "31023006",                            //
           "3103300106",                          //
           "31053003060106",                      //
           "3107300506032a0304",                  //
           "3109300706802a03043100",              // a type of no known length
       }) {
    INFO(text);
    CHECK_FALSE(are_attributes(tests::hex(text)));
  }
}

}  // namespace eidtool::formats::cms
