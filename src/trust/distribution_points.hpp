// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crypto/certificate.hpp"
#include "trust/revocation.hpp"

/// Where certificates say that lists about them are, and lists for which of them they are (RFC 5280 §4.2.1.13, §5.2.5).
namespace eidtool::trust {

/// A DistributionPoint of a certificate (RFC 5280 §4.2.1.13).
struct Point {
  std::vector<Bytes> names;  // GeneralNames; none: those of the issuer of the list
  Bytes list_issuer;         // Name; another than the certificate's issuer where cRLIssuer says so
  unsigned reasons = RevocationAnswer::all_reasons;
};

/// Those of a certificate; without the extension one, of the issuer's own for everything. Throws malformed.
std::vector<Point> points_of(const crypto::Certificate& certificate);

/// ReasonFlags (RFC 5280 §4.2.1.13): bit n as there; bit 0 is unused and stands for no reason at all.
unsigned read_reasons(BytesView bits);

/// The names of a DistributionPointName, each as a GeneralName's tag and content; one that is relative to the issuer is
/// made whole.
std::vector<Bytes> names_of(BytesView point_name, const Bytes& issuer);

bool same_general_name(const Bytes& left, const Bytes& right);

}  // namespace eidtool::trust
