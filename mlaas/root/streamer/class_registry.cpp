#include "mlaas/root/streamer/class_registry.h"

#include "mlaas/root/streamer/known_classes.h"
#include "mlaas/root/streamer/older_classes.h"

namespace mlaas::root {

void ClassRegistry::add(ClassDescription description) {
  auto& versions = classes_[description.name];
  versions.push_back(std::move(description));
}

const ClassDescription* ClassRegistry::find(std::string_view name, int32_t version, uint32_t checksum) const {
  const auto found = classes_.find(name);
  if (found != classes_.end()) {
    for (const auto& description : found->second) {
      if (version > 0 ? description.version == version : description.checksum == checksum) return &description;
    }
    if (version <= 0 && found->second.size() == 1) return &found->second.front();
  }
  const ClassDescription* known = findKnownClass(name);
  if (known == nullptr) return nullptr;
  // No file describes the classes of streamer info themselves; what their versions differ in stands at the end.
  const bool anyVersion = name.starts_with("TStreamer") || (version <= 0 && known->checksum == checksum);
  return anyVersion || known->version == version ? known : findOlderClass(name, version);
}

}  // namespace mlaas::root
