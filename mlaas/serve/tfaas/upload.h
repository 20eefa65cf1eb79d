// Takes models from TFaaS's clients: a form with parameters, model and labels, or a tar file of folders.
// A model is put together in a folder of its own, loaded, and only then takes its place.
// Threads: any, several at once.
// Errors:  kInvalidArgument (form, archive, names), what loading says, kIo.
#pragma once

#include <string_view>

#include "mlaas/base/error.h"
#include "mlaas/serve/model_repository.h"

namespace mlaas::serve {

// The form's fields: name, and the files params (its "name" is the same), model and labels; op is optional. With the
// Content-Encoding base64 the model's bytes are base64, as TFaaS's Python client sends them. The model becomes the
// default.
Result<void> uploadForm(ModelRepository& models, std::string_view contentType, std::string_view contentEncoding,
                        std::string_view body);

// A tar file, gzipped or not, of one or more folders: each becomes the model of its name.
Result<void> uploadArchive(ModelRepository& models, std::string_view body);

}  // namespace mlaas::serve
