#include "mlaas/model/onnx_activations.h"

namespace mlaas::model {

namespace {

// x/2 (1 + erf(x / sqrt 2))
std::string addGelu(GraphBuilder& builder, const std::string& input, const std::string& output) {
  const std::string root = builder.constant(output + "_inverse_root2", {}, std::vector<float>{0.70710678F});
  const std::string half = builder.constant(output + "_half", {}, std::vector<float>{0.5F});
  const std::string one = builder.constant(output + "_one", {}, std::vector<float>{1.0F});
  const std::string scaled = builder.node("Mul", {input, root}, output + "_scaled");
  const std::string erf = builder.node("Erf", {scaled}, output + "_erf");
  const std::string shifted = builder.node("Add", {erf, one}, output + "_shifted");
  const std::string halved = builder.node("Mul", {input, half}, output + "_halved");
  return builder.node("Mul", {halved, shifted}, output);
}

// x tanh(log(1 + exp x))
std::string addMish(GraphBuilder& builder, const std::string& input, const std::string& output) {
  const std::string softplus = builder.node("Softplus", {input}, output + "_softplus");
  return builder.node("Mul", {input, builder.node("Tanh", {softplus}, output + "_gate")}, output);
}

}  // namespace

std::string addActivation(GraphBuilder& builder, Activation activation, const std::string& input,
                          const std::string& output) {
  switch (activation) {
    case Activation::kNone:
      return builder.node("Identity", {input}, output);
    case Activation::kRelu:
      return builder.node("Relu", {input}, output);
    case Activation::kLeakyRelu:
      builder.node("LeakyRelu", {input}, output);
      builder.attribute("alpha", static_cast<float>(kLeakySlope));
      return output;
    case Activation::kElu:
      return builder.node("Elu", {input}, output);
    case Activation::kSelu:
      return builder.node("Selu", {input}, output);
    case Activation::kGelu:
      return addGelu(builder, input, output);
    case Activation::kSilu:
      return builder.node("Mul", {input, builder.node("Sigmoid", {input}, output + "_gate")}, output);
    case Activation::kMish:
      return addMish(builder, input, output);
    case Activation::kTanh:
      return builder.node("Tanh", {input}, output);
    case Activation::kSigmoid:
      return builder.node("Sigmoid", {input}, output);
    case Activation::kSoftsign:
      return builder.node("Softsign", {input}, output);
    case Activation::kSoftmax:
      builder.node("Softmax", {input}, output);
      builder.attribute("axis", int64_t{1});
      return output;
  }
  return input;
}

}  // namespace mlaas::model
