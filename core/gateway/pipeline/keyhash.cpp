// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/keyhash.h"

#include "core/base/secrets.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

namespace sluice::gateway {

namespace {

struct Deleter
{
    void operator()(EVP_MD *digest) const { EVP_MD_free(digest); }

    void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
};

struct Sha256
{
    std::unique_ptr<EVP_MD, Deleter> digest{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    std::unique_ptr<EVP_MD_CTX, Deleter> context{EVP_MD_CTX_new()};
};

} // namespace

QByteArray hashGatewayKey(QByteArrayView key)
{
    thread_local const Sha256 sha;
    constexpr QByteArrayView prefix = "Bearer ";
    constexpr char digits[] = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    const bool isDone = sha.digest && sha.context
        && EVP_DigestInit_ex(sha.context.get(), sha.digest.get(), nullptr) == 1
        && EVP_DigestUpdate(sha.context.get(), prefix.data(), size_t(prefix.size())) == 1
        && EVP_DigestUpdate(sha.context.get(), key.data(), size_t(key.size())) == 1
        && EVP_DigestFinal_ex(sha.context.get(), bytes.data(), &size) == 1;
    if (!isDone)
        return hashApiKey(key);
    QByteArray hex(qsizetype(size) * 2, Qt::Uninitialized);
    char *at = hex.data();
    for (unsigned i = 0; i < size; ++i) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 0xf];
    }
    return hex;
}

} // namespace sluice::gateway
