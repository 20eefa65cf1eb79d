// The page at "/": which models are served and how to ask them.
#pragma once

#include "mlaas/serve/http_message.h"
#include "mlaas/serve/model_repository.h"

namespace mlaas::serve {

Response frontPage(const ModelRepository& models);

}  // namespace mlaas::serve
