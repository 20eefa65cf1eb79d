// The page at "/": models, versions, signatures, load and latency, and a form that asks a model. It is the same for
// every server and says nothing by itself: its script asks the routes below the page's address, with the token that the
// user gives, so that the prefix and the access rules of the server hold. Nothing is loaded from elsewhere.
#pragma once

#include "mlaas/serve/http_message.h"

namespace mlaas::serve {

Response frontPage();

}  // namespace mlaas::serve
