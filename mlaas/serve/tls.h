// The server's side of TLS: certificate and key from files, versions and ciphers.
// Included by tls.cpp, session.cpp and server.cpp only: it carries Boost.Asio.
// Threads: a context is read by all sessions made with it; another set of files is another context.
// Errors:  kIo where a file cannot be read, kInvalidArgument where it has no certificate or no key, or they do not
//          belong together.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "mlaas/base/error.h"
#include "mlaas/serve/server.h"

namespace mlaas::serve {

// TLS 1.2 and newer.
Result<std::shared_ptr<boost::asio::ssl::context>> makeTlsContext(const TlsFiles& files);

}  // namespace mlaas::serve
