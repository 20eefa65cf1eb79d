#include "mlaas/model/bundle.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "mlaas/model/bundle_json.h"
#include "mlaas/model/file_checksum.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::model {
namespace {

namespace fs = std::filesystem;

class BundleTest : public testing::Test {
 protected:
  static Bundle example() {
    Bundle bundle;
    bundle.name = "tth";
    bundle.description = "ttH against ttbar";
    bundle.engine = EngineKind::kOnnx;
    bundle.modelFile = "model.onnx";
    bundle.features.defines = {{"log_ht", "log(ht)"}};
    bundle.features.select = "nJet >= 6";
    bundle.features.scalars = {"log_ht", "met"};
    bundle.features.groups = {{"jets", {"Jet_pt", "Jet_eta"}, 8}};
    bundle.features.fills = {{"met", feature::Fill::Kind::kNumber, 20.5F, true},
                             {"Jet_pt", feature::Fill::Kind::kNumber, -1, false}};
    bundle.identity = {"run", "event"};
    bundle.labels = {"background", "signal"};
    bundle.outputs = {"score"};
    bundle.provenance = {{"seed", 1}};
    return bundle;
  }

  Result<void> write(const fs::path& directory, std::string_view contents) {
    MLAAS_TRY(BundleWriter writer, BundleWriter::begin(directory.string()));
    MLAAS_CHECK(writer.addFile("model.onnx", contents));
    return writer.commit(example());
  }
  size_t entriesInRoot() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(root_), fs::directory_iterator()));
  }

  io::TemporaryFolder folder_;
  fs::path root_ = folder_.path("");
};

TEST_F(BundleTest, ReadsWhatItWrote) {
  write(root_ / "tth", "network").value();
  const Bundle bundle = readBundle((root_ / "tth").string()).value();
  EXPECT_EQ(bundle.name, "tth");
  EXPECT_EQ(bundle.features, example().features);
  EXPECT_EQ(bundle.identity, example().identity);
  EXPECT_EQ(bundle.labels, example().labels);
  EXPECT_EQ(bundle.outputs, example().outputs);
  EXPECT_EQ(bundle.provenance, example().provenance);
  EXPECT_EQ(bundle.checksums.size(), 3U);  // model, labels, params
}

TEST_F(BundleTest, ReplacesAnEarlierBundleAndLeavesNothingElse) {
  write(root_ / "tth", "first").value();
  write(root_ / "tth", "second").value();
  EXPECT_TRUE(readBundle((root_ / "tth").string()).ok());
  EXPECT_EQ(entriesInRoot(), 1U);
}

TEST_F(BundleTest, AnUnfinishedBundleLeavesNothing) {
  {
    BundleWriter writer = BundleWriter::begin((root_ / "tth").string()).value();
    writer.addFile("model.onnx", "half").value();
  }
  EXPECT_EQ(entriesInRoot(), 0U);
}

TEST_F(BundleTest, RefusesToReplaceWhatIsNoBundle) {
  fs::create_directory(root_ / "thesis");
  std::ofstream(root_ / "thesis" / "chapter1.tex") << "text";
  const auto result = BundleWriter::begin((root_ / "thesis").string());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(fs::exists(root_ / "thesis" / "chapter1.tex"));
}

TEST_F(BundleTest, FindsAChangedFile) {
  write(root_ / "tth", "network").value();
  std::ofstream(root_ / "tth" / "model.onnx") << "netwOrk";
  const auto result = readBundle((root_ / "tth").string());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(std::string(result.error().what()).find("model.onnx"), std::string::npos);
}

TEST_F(BundleTest, MissingFolderIsNotFound) {
  const auto result = readBundle((root_ / "nothing").string());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
}

TEST_F(BundleTest, ChecksumIsThatOfTheXxhashProject) {
  std::ofstream(root_ / "empty").close();
  // XXH3_64bits of no bytes with seed 0, from xxhash's own sanity test vectors.
  EXPECT_EQ(fileChecksum((root_ / "empty").string()).value(), "xxh3:2d06800538d394c2");
}

TEST_F(BundleTest, EveryCutAndWrongTypeOfTheDescriptionIsAnError) {
  write(root_ / "tth", "network").value();
  std::ifstream stream(root_ / "tth" / "bundle.json");
  std::ostringstream buffer;
  buffer << stream.rdbuf();
  const std::string text = buffer.str();
  for (size_t length = 0; length + 2 < text.size(); ++length) {
    EXPECT_FALSE(bundleFromJson(text.substr(0, length)).ok()) << length;
  }
  const auto json = nlohmann::ordered_json::parse(text);
  for (const auto& [key, value] : json.items()) {
    auto damaged = json;
    damaged[key] = nullptr;
    // inputs is for other readers, and provenance may hold anything.
    EXPECT_EQ(bundleFromJson(damaged.dump()).ok(), key == "inputs" || key == "provenance") << key;
    damaged.erase(key);
    EXPECT_EQ(bundleFromJson(damaged.dump()).ok(), key == "inputs") << key;
  }
}

TEST_F(BundleTest, FilesOutsideTheBundleAreRefused) {
  auto json = bundleToJson(example());
  json["files"] = {{"model.onnx", "xxh3:0"}, {"../../etc/passwd", "xxh3:0"}};
  EXPECT_EQ(bundleFromJson(json.dump()).error().code(), ErrorCode::kCorrupt);
}

TEST_F(BundleTest, ANewerFormatIsUnsupported) {
  auto json = bundleToJson(example());
  json["format"] = kBundleFormatVersion + 1;
  EXPECT_EQ(bundleFromJson(json.dump()).error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace mlaas::model
