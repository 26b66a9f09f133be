// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "modules/filter_module.hpp"

namespace eidtool::tests::filter {

CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* count) {
  CK_ULONG real_count = 0;
  auto rv = real().C_GetMechanismList(slot, nullptr, &real_count);
  if (rv != CKR_OK) return rv;
  std::vector<CK_MECHANISM_TYPE> types(real_count);
  rv = real().C_GetMechanismList(slot, types.data(), &real_count);
  if (rv != CKR_OK) return rv;
  types.resize(real_count);
  types.insert(types.end(), script().added.begin(), script().added.end());
  types.erase(std::remove_if(types.begin(), types.end(), [](auto type) { return !script().lists(type); }), types.end());
  const auto room = *count;
  *count = claimed("mechanisms", types.size());
  if (list == nullptr) return CKR_OK;
  if (room < types.size()) return CKR_BUFFER_TOO_SMALL;
  std::copy(types.begin(), types.end(), list);
  return CKR_OK;
}

CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  if (!script().lists(type)) return CKR_MECHANISM_INVALID;
  return real().C_GetMechanismInfo(slot, script().is_added(type) ? CKM_ECDSA : type, info);
}

}  // namespace eidtool::tests::filter
