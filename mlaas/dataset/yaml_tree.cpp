#include "mlaas/dataset/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

namespace mlaas::dataset {

namespace {

constexpr std::string_view kQuoteHint =
    "; an expression that contains ': ' or ' #' or begins with ! & * { [ > | % @ stands in quotes";

// Builds the tree from the parser's events. Limits and duplicates are thrown as Error and caught in parseDocument:
// yaml-cpp offers no other way to stop it.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const std::string> source, bool hasLines)
      : source_(std::move(source)), hasLines_(hasLines) {}

  YamlNode takeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw yamlError(nodeAt(mark), "a second YAML document begins here; one is expected");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { addLeaf(nodeAt(mark), anchor); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      throw yamlError(nodeAt(mark), "an alias stands inside the node that it names");
    }
    const Anchored& anchored = known->second;
    if (stack_.size() + static_cast<size_t>(anchored.depth) > kMaxYamlDepth) throw tooDeep(nodeAt(mark));
    count(anchored.numNodes, mark);
    noteDepth(anchored.depth);
    add(anchored.node);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = nodeAt(mark);
    checkTag(node, tag);
    node.kind = YamlNode::Kind::kScalar;
    node.quoted = tag == "!";
    node.text = value;
    if (findBadUtf8(value) != value.size()) throw yamlError(node, "an escape in this text is no Unicode character");
    addLeaf(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    size_t nodesBefore = 0;
    int depth = 1;                // levels of this node and those below
    std::set<std::string> names;  // keys of a map so far
  };
  struct Anchored {
    YamlNode node;
    size_t numNodes = 1;
    int depth = 0;
  };

  YamlNode nodeAt(const YAML::Mark& mark) const {
    YamlNode node;
    node.source = source_;
    node.line = hasLines_ ? mark.line + 1 : 0;
    node.column = mark.column + 1;
    return node;
  }

  static void checkTag(const YamlNode& node, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw yamlError(node,
                    "the YAML tag '" + tag + "' is not used in workflows; a text that begins with ! stands in quotes");
  }

  void count(size_t nodes, const YAML::Mark& mark) {
    numNodes_ += nodes;
    if (numNodes_ > kMaxYamlNodes) throw tooMany(nodeAt(mark));
  }

  static Error tooMany(const YamlNode& node) {
    return yamlError(node, "more than " + std::to_string(kMaxYamlNodes) + " values, aliases included");
  }

  static Error tooDeep(const YamlNode& node) {
    return yamlError(node, "nested deeper than " + std::to_string(kMaxYamlDepth) + " levels");
  }

  void noteDepth(int below) {
    if (!stack_.empty()) stack_.back().depth = std::max(stack_.back().depth, below + 1);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    Frame frame;
    frame.node = nodeAt(mark);
    frame.anchor = anchor;
    frame.nodesBefore = numNodes_;
    checkTag(frame.node, tag);
    frame.node.kind = kind;
    count(1, mark);
    if (stack_.size() >= kMaxYamlDepth) throw tooDeep(frame.node);
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    noteDepth(frame.depth);
    if (frame.anchor != 0) {
      // The copy counts too: nested anchors would otherwise multiply the memory.
      const size_t numNodes = numNodes_ - frame.nodesBefore;
      numNodes_ += numNodes;
      anchors_[frame.anchor] = {frame.node, numNodes, frame.depth};
    }
    add(std::move(frame.node));
  }

  void addLeaf(YamlNode node, YAML::anchor_t anchor) {
    if (++numNodes_ > kMaxYamlNodes) throw tooMany(node);
    if (anchor != 0) anchors_[anchor] = {node, 1, 0};
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& top = stack_.back();
    const bool isKey = top.node.kind == YamlNode::Kind::kMap && top.node.keys.size() == top.node.items.size();
    if (!isKey) {
      top.node.items.push_back(std::move(node));
      return;
    }
    checkYamlKey(node).value();
    if (!top.names.insert(node.text).second)
      throw yamlError(node, "the key '" + node.text + "' stands twice in one map");
    if (top.names.size() > kMaxYamlKeys) {
      throw yamlError(node, "more than " + std::to_string(kMaxYamlKeys) + " keys in one map");
    }
    top.node.keys.push_back(std::move(node));
  }

  std::shared_ptr<const std::string> source_;
  bool hasLines_;
  YamlNode root_;
  std::vector<Frame> stack_;                    // maps and lists not closed yet
  std::map<YAML::anchor_t, Anchored> anchors_;  // finished nodes
  size_t numNodes_ = 0;
  int documents_ = 0;
};

Result<YamlNode> parseDocument(const std::string& text, const std::string& source, bool hasLines) {
  if (text.size() > kMaxYamlBytes) {
    return Error(ErrorCode::kInvalidArgument, source + ": " + std::to_string(text.size()) + " bytes of YAML; at most " +
                                                  std::to_string(kMaxYamlBytes) + " are read");
  }
  if (const size_t bad = findBadUtf8(text); bad != text.size()) {
    return Error(ErrorCode::kInvalidArgument, source + ": byte " + std::to_string(bad) + " is not UTF-8 text");
  }
  auto name = std::make_shared<const std::string>(source);
  TreeBuilder builder(name, hasLines);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& exception) {
    YamlNode place;
    place.source = name;
    place.line = hasLines && !exception.mark.is_null() ? exception.mark.line + 1 : 0;
    place.column = exception.mark.column + 1;
    return yamlError(place, "not valid YAML: " + exception.msg + std::string(kQuoteHint));
  } catch (const Error& error) {
    return error;
  }
  return builder.takeRoot();
}

bool isIntegerText(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A finite number in decimal notation, as YAML's core schema spells floats.
bool parseFloatText(std::string_view text, double& value) {
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return false;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return status == std::errc() && end == text.data() + text.size() && !text.empty();
}

Result<nlohmann::ordered_json> scalarToJson(const YamlNode& node) {
  const std::string& text = node.text;
  if (node.quoted) return nlohmann::ordered_json(text);
  if (text == "true" || text == "True" || text == "TRUE") return nlohmann::ordered_json(true);
  if (text == "false" || text == "False" || text == "FALSE") return nlohmann::ordered_json(false);
  if (isIntegerText(text)) {
    const char* first = text.data() + (text.front() == '+' ? 1 : 0);
    const char* last = text.data() + text.size();
    int64_t value = 0;
    if (std::from_chars(first, last, value).ec == std::errc()) return nlohmann::ordered_json(value);
    uint64_t large = 0;
    if (text.front() != '-' && std::from_chars(first, last, large).ec == std::errc()) {
      return nlohmann::ordered_json(large);
    }
    return yamlError(node, "the integer '" + text + "' does not fit in 64 bits");
  }
  double number = 0;
  if (parseFloatText(text, number)) return nlohmann::ordered_json(number);
  return nlohmann::ordered_json(text);
}

}  // namespace

std::string YamlNode::where() const {
  const std::string name = source ? *source : std::string();
  if (line <= 0) return name;
  return name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string YamlNode::describe() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kScalar:
      break;
  }
  constexpr size_t kShown = 60;
  return "'" + (text.size() <= kShown ? text : text.substr(0, kShown) + "...") + "'";
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

Result<YamlNode> parseYaml(const std::string& text, const std::string& source) {
  return parseDocument(text, source, true);
}

Result<YamlNode> parseYamlValue(const std::string& text, const std::string& source) {
  return parseDocument(text, source, false);
}

Result<nlohmann::ordered_json> yamlToJson(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nlohmann::ordered_json(nullptr);
    case YamlNode::Kind::kScalar:
      return scalarToJson(node);
    case YamlNode::Kind::kList: {
      auto list = nlohmann::ordered_json::array();
      for (const auto& item : node.items) {
        MLAAS_TRY(auto value, yamlToJson(item));
        list.push_back(std::move(value));
      }
      return list;
    }
    case YamlNode::Kind::kMap:
      break;
  }
  auto map = nlohmann::ordered_json::object();
  for (size_t i = 0; i < node.keys.size(); ++i) {
    MLAAS_TRY(auto value, yamlToJson(node.items[i]));
    map[node.keys[i].text] = std::move(value);
  }
  return map;
}

size_t findBadUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || length > text.size() - i) return i;
    uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return i;
      code = code << 6 | (next & 0x3FU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return i;
    i += length;
  }
  return text.size();
}

Result<void> checkYamlKey(const YamlNode& key) {
  if (key.kind != YamlNode::Kind::kScalar) return yamlError(key, "a key must be a text, found " + key.describe());
  if (key.text.size() <= kMaxYamlKeyBytes) return {};
  return yamlError(key, "a key of " + std::to_string(key.text.size()) + " bytes; at most " +
                            std::to_string(kMaxYamlKeyBytes) + " are allowed");
}

Error yamlError(const YamlNode& node, std::string_view message) {
  return {ErrorCode::kInvalidArgument, node.where() + ": " + std::string(message)};
}

}  // namespace mlaas::dataset
