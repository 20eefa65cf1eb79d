// The particle transformer: the elements of one group attend to each other, with what pairs of them have in common added
// to the scores; a class token attends to them and is classified, with the scalars beside it.
// Source: Qu, Li, Qian, arXiv:2202.03772; normalisation and scales as in NormFormer, arXiv:2110.09456.
#include <algorithm>
#include <array>

#include "mlaas/train/neural/hidden_layers.h"
#include "mlaas/train/neural/network_architecture.h"

namespace mlaas::train {

namespace {

using model::Activation;
using model::Network;

class ParticleTransformer final : public NetworkArchitecture {
 public:
  explicit ParticleTransformer(OptionReader& model) {
    for (const char* name : {"pt", "eta", "phi", "mass"}) columns_.emplace_back(readColumn(model, name));
    embed_ = model.integers("embed", embed_, 1, 65536);
    pairEmbed_ = model.integers("pair_embed", pairEmbed_, 1, 65536);
    heads_ = model.integer("heads", heads_, 1, 256);
    blocks_ = model.integer("blocks", blocks_, 0, 64);
    classBlocks_ = model.integer("class_blocks", classBlocks_, 1, 64);
    expansion_ = model.integer("expansion", expansion_, 1, 64);
    dropout_ = model.number("dropout", dropout_, 0, 0.99);
    head_.readWidths(model, "head");
    head_.activation = kActivation;
    if (embed_.empty()) model.reject("embed", "expected at least one layer");
    if (!embed_.empty() && embed_.back() % heads_ != 0) {
      model.reject("heads", "the last width of 'embed', " + std::to_string(embed_.back()) +
                                ", is no multiple of the number of heads, " + std::to_string(heads_));
    }
  }

  Result<Network> build(const feature::FeatureSpec& features, OutputForm form) const override {
    if (features.groups.size() != 1) {
      return Error(ErrorCode::kInvalidArgument,
                   "model.kind: particle_transformer needs one group of jagged columns in dataset.features, found " +
                       std::to_string(features.groups.size()) + "; leave the others out, or use deepsets or mlp");
    }
    MLAAS_TRY(const auto kinematics, kinematicsOf(features.groups.front()));
    Network network;
    size_t x = network.elements(0, static_cast<int64_t>(features.groups.front().columns.size()));
    for (const int64_t width : embed_) x = network.activate(network.linear(network.layerNorm(x), width), kActivation);
    const size_t pairs = addPairs(network, network.pairs(0, kinematics));
    for (int64_t block = 0; block < blocks_; ++block) x = addBlock(network, x, pairs);
    size_t token = network.token(embed_.back());
    for (int64_t block = 0; block < classBlocks_; ++block) token = addClassBlock(network, token, x);
    std::vector<size_t> joined = {network.layerNorm(token)};
    if (!features.scalars.empty()) joined.push_back(network.scalars(static_cast<int64_t>(features.scalars.size())));
    addOutput(network, head_.addTo(network, network.concat(joined)), form);
    return network;
  }

  void describe(nlohmann::ordered_json& json) const override {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].empty()) json[kNames.at(i)] = columns_[i];
    }
    json["embed"] = embed_;
    json["pair_embed"] = pairEmbed_;
    json["heads"] = heads_;
    json["blocks"] = blocks_;
    json["class_blocks"] = classBlocks_;
    json["expansion"] = expansion_;
    json["dropout"] = dropout_;
    json["head"] = head_.widths;
  }

 private:
  static constexpr Activation kActivation = Activation::kGelu;
  static constexpr std::array<const char*, 4> kNames = {"pt", "eta", "phi", "mass"};

  static std::string readColumn(OptionReader& model, const std::string& name) {
    const auto value = model.value(name);
    if (value.is_string() && !value.get<std::string>().empty()) return value.get<std::string>();
    if (!value.is_null()) model.reject(name, "expected the name of a column, found " + value.dump());
    if (value.is_null() && name != "mass") {
      model.reject(name, "is missing: the column of the group that has each particle's " + name);
    }
    return {};
  }

  Result<std::vector<size_t>> kinematicsOf(const feature::JaggedGroup& group) const {
    std::vector<size_t> places;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].empty()) continue;
      const auto found = std::find(group.columns.begin(), group.columns.end(), columns_[i]);
      if (found == group.columns.end()) {
        std::string list;
        for (const auto& name : group.columns) list += (list.empty() ? "" : ", ") + name;
        return Error(ErrorCode::kNotFound, std::string("model.") + kNames.at(i) + ": '" + columns_[i] +
                                               "' is no column of dataset.features." + group.name +
                                               "; there are: " + list);
      }
      places.push_back(static_cast<size_t>(found - group.columns.begin()));
    }
    return places;
  }

  size_t addPairs(Network& network, size_t pairs) const {
    size_t x = network.batchNorm(pairs);
    for (const int64_t width : pairEmbed_) {
      x = network.activate(network.batchNorm(network.linear(x, width)), kActivation);
    }
    return network.activate(network.batchNorm(network.linear(x, heads_)), kActivation);
  }

  // The second half of a block: dense layers around which the scaled input is added.
  size_t addDense(Network& network, size_t input, double dropout) const {
    const int64_t width = embed_.back();
    size_t x = network.linear(network.layerNorm(input), expansion_ * width);
    x = network.dropout(network.activate(x, kActivation), dropout);
    x = network.dropout(network.linear(network.layerNorm(x), width), dropout);
    return network.add(x, network.scale(input));
  }

  size_t addBlock(Network& network, size_t input, size_t pairs) const {
    const int64_t width = embed_.back();
    const size_t projected = network.linear(network.layerNorm(input), 3 * width);
    size_t x = network.linear(network.scale(network.attention(projected, pairs), heads_), width);
    x = network.add(network.dropout(network.layerNorm(x), dropout_), input);
    return addDense(network, x, dropout_);
  }

  // As in the paper without dropout.
  size_t addClassBlock(Network& network, size_t token, size_t elements) const {
    const int64_t width = embed_.back();
    const size_t norm = network.layerNorm(token);
    const size_t own = network.linear(norm, 2 * width);
    const size_t others = network.again(own, network.again(norm, elements));
    const size_t query = network.linear(token, width);
    size_t x = network.classAttention(query, own, others, heads_);
    x = network.linear(network.scale(x, heads_), width);
    return addDense(network, network.add(network.layerNorm(x), token), 0);
  }

  std::vector<std::string> columns_;
  std::vector<int64_t> embed_ = {128, 512, 128};
  std::vector<int64_t> pairEmbed_ = {64, 64, 64};
  int64_t heads_ = 8;
  int64_t blocks_ = 8;
  int64_t classBlocks_ = 2;
  int64_t expansion_ = 4;
  double dropout_ = 0.1;
  HiddenLayers head_;
};

}  // namespace

std::unique_ptr<NetworkArchitecture> readParticleTransformer(OptionReader& model) {
  return std::make_unique<ParticleTransformer>(model);
}

}  // namespace mlaas::train
