#include "mlaas/model/onnx_attention.h"

#include <cmath>

namespace mlaas::model {

namespace {

// Makes nodes whose names begin alike.
class Nodes {
 public:
  Nodes(GraphBuilder& builder, std::string name) : builder_(builder), name_(std::move(name)) {}

  std::string reshape(const std::string& input, const std::string& what, const std::vector<int64_t>& shape) {
    const auto rank = static_cast<int64_t>(shape.size());
    return builder_.node("Reshape", {input, builder_.constant(name_ + what + "_shape", {rank}, shape)}, name_ + what);
  }
  std::string transpose(const std::string& input, const std::string& what, const std::vector<int64_t>& order) {
    const std::string result = builder_.node("Transpose", {input}, name_ + what);
    builder_.attribute("perm", order);
    return result;
  }
  // Entry `index` of the first axis, which goes.
  std::string take(const std::string& input, const std::string& what, int64_t index) {
    const std::string at = builder_.constant(name_ + what + "_index", {}, std::vector<int64_t>{index});
    const std::string result = builder_.node("Gather", {input, at}, name_ + what);
    builder_.attribute("axis", int64_t{0});
    return result;
  }

  // query [N, heads, q, d], key and value [N, heads, k, d], mask [N, 1, 1, k]; gives [N, heads, q, d]. An empty `bias`
  // is none, else [N, heads, q, k].
  std::string attend(const std::string& query, const std::string& key, const std::string& value,
                     const std::string& bias, const std::string& mask, int64_t headWidth) {
    const std::string turned = transpose(key, "_key_turned", {0, 1, 3, 2});
    const std::string products = builder_.node("MatMul", {query, turned}, name_ + "_products");
    const std::string scale = builder_.constant(
        name_ + "_scale", {}, std::vector<float>{static_cast<float>(1 / std::sqrt(static_cast<double>(headWidth)))});
    std::string scores = builder_.node("Mul", {products, scale}, name_ + "_scores");
    if (!bias.empty()) scores = builder_.node("Add", {scores, bias}, name_ + "_biased");
    const std::string least =
        builder_.constant(name_ + "_least", {}, std::vector<float>{static_cast<float>(kMaskedScore)});
    const std::string masked = builder_.node("Where", {mask, scores, least}, name_ + "_masked");
    const std::string shares = builder_.node("Softmax", {masked}, name_ + "_shares");
    builder_.attribute("axis", int64_t{3});
    return builder_.node("MatMul", {shares, value}, name_ + "_heads");
  }

 private:
  GraphBuilder& builder_;
  std::string name_;
};

}  // namespace

std::string addAttention(GraphBuilder& builder, const OnnxGroup& group, const NetworkNode& node,
                         const std::vector<std::string>& inputs, const std::string& name) {
  Nodes nodes(builder, name);
  const int64_t width = node.width / node.heads;
  const std::string parted = nodes.reshape(inputs[0], "_parts", {-1, group.length, 3, node.heads, width});
  const std::string parts = nodes.transpose(parted, "_parts_first", {2, 0, 3, 1, 4});
  const std::string square = nodes.reshape(inputs[1], "_pairs", {-1, group.length, group.length, node.heads});
  const std::string bias = nodes.transpose(square, "_bias", {0, 3, 1, 2});
  const std::string mask = nodes.reshape(group.mask, "_mask", {-1, 1, 1, group.length});
  const std::string heads = nodes.attend(nodes.take(parts, "_query", 0), nodes.take(parts, "_key", 1),
                                         nodes.take(parts, "_value", 2), bias, mask, width);
  return nodes.reshape(nodes.transpose(heads, "_elements", {0, 2, 1, 3}), "", {-1, node.width});
}

std::string addClassAttention(GraphBuilder& builder, const OnnxGroup& group, const NetworkNode& node,
                              const std::vector<std::string>& inputs, const std::string& name) {
  Nodes nodes(builder, name);
  const int64_t width = node.width / node.heads;
  const std::string query = nodes.reshape(inputs[0], "_query", {-1, node.heads, 1, width});
  const std::string own = nodes.reshape(inputs[1], "_own", {-1, 1, 2, node.heads, width});
  const std::string elements = nodes.reshape(inputs[2], "_elements", {-1, group.length, 2, node.heads, width});
  const std::string all = builder.node("Concat", {own, elements}, name + "_all");
  builder.attribute("axis", int64_t{1});
  const std::string parts = nodes.transpose(all, "_parts_first", {2, 0, 3, 1, 4});

  const std::string zero = builder.constant(name + "_no_count", {}, std::vector<int32_t>{-1});
  const std::string always = builder.node("Greater", {group.counts, zero}, name + "_always");
  const std::string both = builder.node("Concat", {always, group.mask}, name + "_keys");
  builder.attribute("axis", int64_t{1});
  const std::string mask = nodes.reshape(both, "_mask", {-1, 1, 1, group.length + 1});
  const std::string heads =
      nodes.attend(query, nodes.take(parts, "_key", 0), nodes.take(parts, "_value", 1), "", mask, width);
  return nodes.reshape(heads, "", {-1, node.width});
}

}  // namespace mlaas::model
