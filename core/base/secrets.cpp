// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/secrets.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QString>

namespace sluice {

using namespace Qt::StringLiterals;

QByteArray hashApiKey(QByteArrayView key)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(QByteArrayView("Bearer "));
    hash.addData(key);
    return hash.result().toHex();
}

bool equalInConstantTime(QByteArrayView a, QByteArrayView b)
{
    if (a.size() != b.size())
        return false;
    unsigned difference = 0;
    for (qsizetype i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    return difference == 0;
}

QString maskSecret(QByteArrayView secret)
{
    // Short texts would give too much of themselves away.
    if (secret.size() < 12)
        return u"..."_s;
    return QString::fromUtf8(secret.first(3)) + u"..."_s + QString::fromUtf8(secret.last(4));
}

QString maskPasswords(const QString &line)
{
    static const QRegularExpression password(u"://[^/@:\\s]*:(?!\\$\\{)([^/@\\s]+)@"_s);
    QString masked = line;
    for (auto found = password.globalMatch(line); found.hasNext();) {
        const QRegularExpressionMatch match = found.next();
        masked.replace(match.capturedStart(1), match.capturedLength(1),
            QString(match.capturedLength(1), QChar(0x2022)));
    }
    return masked;
}

} // namespace sluice
