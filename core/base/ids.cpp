// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/ids.h"

#include <QRandomGenerator>

namespace sluice {

namespace {

constexpr char HexDigits[] = "0123456789abcdef";

/// Request ids need to be unique, not unguessable: a thread's generator is seeded once from the
/// system's secure source, so that an id costs no system call.
QRandomGenerator64 &threadGenerator()
{
    thread_local QRandomGenerator64 generator = QRandomGenerator64::securelySeeded();
    return generator;
}

} // namespace

QByteArray makeRequestId()
{
    quint64 words[2] = {threadGenerator().generate(), threadGenerator().generate()};
    // RFC 4122, 4.4: version 4 in the high nibble of octet 6, variant 10x in octet 8.
    words[0] = (words[0] & ~quint64{0xf000}) | 0x4000;
    words[1] = (words[1] & ~(quint64{3} << 62)) | (quint64{2} << 62);
    QByteArray id(36, '-');
    int at = 0;
    for (int nibble = 0; nibble < 32; ++nibble) {
        if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20)
            ++at;
        const quint64 word = words[nibble / 16];
        id[at++] = HexDigits[(word >> (60 - 4 * (nibble % 16))) & 0xf];
    }
    return id;
}

QByteArray makeSecret(int bits)
{
    QByteArray secret;
    for (; bits > 0; bits -= 32)
        secret +=
            QByteArray::number(QRandomGenerator::system()->generate(), 16).rightJustified(8, '0');
    return secret;
}

QByteArray makeApiKey()
{
    static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    QByteArray key = "sk-sluice-";
    for (int i = 0; i < 40; ++i)
        key += alphabet[QRandomGenerator::system()->bounded(int(sizeof alphabet) - 1)];
    return key;
}

} // namespace sluice
