// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/logging.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace sluice {

using namespace Qt::StringLiterals;

Q_LOGGING_CATEGORY(lcConfig, "sluice.config")
Q_LOGGING_CATEGORY(lcGateway, "sluice.gateway")
Q_LOGGING_CATEGORY(lcLedger, "sluice.ledger")
Q_LOGGING_CATEGORY(lcLimits, "sluice.limits")
Q_LOGGING_CATEGORY(lcSession, "sluice.session")

namespace {

std::atomic<LogFormat> logFormat{LogFormat::Text};

QString levelName(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg:
        return u"debug"_s;
    case QtInfoMsg:
        return u"info"_s;
    case QtWarningMsg:
        return u"warning"_s;
    case QtCriticalMsg:
        return u"error"_s;
    case QtFatalMsg:
        return u"fatal"_s;
    }
    Q_UNREACHABLE();
}

QByteArray jsonLine(const QString &time, QtMsgType type, const char *category, const QString &text)
{
    const QJsonObject line{{u"time"_s, time}, {u"level"_s, levelName(type)},
        {u"category"_s, QString::fromUtf8(category)}, {u"message"_s, text}};
    return QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n';
}

QByteArray textLine(const QString &time, QtMsgType type, const char *category, QString text)
{
    // One message is one line, whatever a client managed to put into it.
    text.replace(u'\n', u' ');
    const QString line = time % u' ' % levelName(type).leftJustified(7) % u' '
        % QString::fromUtf8(category) % u": " % text % u'\n';
    return line.toUtf8();
}

void writeMessage(QtMsgType type, const QMessageLogContext &context, const QString &text)
{
    const QString time = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
    const char *category = context.category ? context.category : "default";
    const QByteArray line = logFormat.load() == LogFormat::Json
        ? jsonLine(time, type, category, text)
        : textLine(time, type, category, text);
    std::fwrite(line.constData(), 1, static_cast<size_t>(line.size()), stderr);
    if (type == QtFatalMsg)
        std::abort();
}

} // namespace

void installLogHandler(LogFormat format)
{
    logFormat.store(format);
    qInstallMessageHandler(writeMessage);
}

} // namespace sluice
