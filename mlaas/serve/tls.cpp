#include "mlaas/serve/tls.h"

#include <openssl/ssl.h>

#include <fstream>

namespace mlaas::serve {

namespace {

namespace ssl = boost::asio::ssl;
using ErrorStatus = boost::system::error_code;

Error unusable(const std::string& file, const std::string& expected, const std::string& found) {
  if (!std::ifstream(file).good()) return Error(ErrorCode::kIo, "'" + file + "' cannot be read; expected " + expected);
  return Error(ErrorCode::kInvalidArgument, "'" + file + "' is not usable: expected " + expected + ", found " + found);
}

// HTTP/1.1 is the only protocol here; a client that offers others and not this one is served all the same.
int selectProtocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* chosenBytes,
                   const unsigned char* offered, unsigned int offeredBytes, void* /*unused*/) {
  static constexpr unsigned char kHttp[] = "\x08http/1.1";
  // SSL_select_next_proto wants a pointer that is not const and does not write through it.
  const int found = SSL_select_next_proto(const_cast<unsigned char**>(chosen), chosenBytes, kHttp, sizeof kHttp - 1,
                                          offered, offeredBytes);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

Result<std::shared_ptr<ssl::context>> makeTlsContext(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, selectProtocol, nullptr);
  ErrorStatus status;
  context->use_certificate_chain_file(files.certificate, status);
  if (status) return unusable(files.certificate, "a certificate chain as PEM", status.message());
  context->use_private_key_file(files.key, ssl::context::pem, status);
  if (status) return unusable(files.key, "the certificate's private key as PEM", status.message());
  if (SSL_CTX_check_private_key(native) != 1) {
    return unusable(files.key, "the private key of '" + files.certificate + "'", "another key");
  }
  return context;
}

}  // namespace mlaas::serve
