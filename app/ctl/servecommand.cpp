// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl serve: the gateway without a window.
#include "app/ctl/command.h"
#include "app/signalwatcher.h"

#include "core/base/logging.h"
#include "core/session/configdraft.h"
#include "core/session/gatewayhome.h"
#include "core/session/gatewaysession.h"
#include "core/session/limitoperations.h"

#include <QCoreApplication>
#include <QFileInfo>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using session::ConfigDraft;
using session::GatewaySession;

namespace {

/// The running command: wires file, gateway and signals.
class Server
{
public:
    explicit Server(const QCommandLineParser &options)
        : m_options(options),
          m_gateway(m_clock),
          m_operations(m_gateway.limiter()),
          m_config(m_gateway),
          m_home(m_gateway, m_operations, m_config)
    {
    }

    int run()
    {
        if (const auto ready = prepare(); !ready)
            return fail(ready.error());
        QObject::connect(&m_signals, &SignalWatcher::terminateRequested, &m_signals,
            [] { QCoreApplication::quit(); });
        QObject::connect(
            &m_signals, &SignalWatcher::reloadRequested, &m_config, [this] { m_config.reload(); });
        if (m_options.isSet(u"access-log"_s))
            QObject::connect(&m_gateway, &GatewaySession::activityReported, &m_gateway,
                [](const insight::ActivityBatchPtr &batch) { logAccess(*batch); });
        printLine(u"listening on "_s + QString::fromUtf8(m_gateway.baseUrl()));
        QCoreApplication::exec();
        m_gateway.stop(m_gateway.configuration()->server.shutdownTimeout);
        return Success;
    }

private:
    Result<void> prepare()
    {
        if (const QString listen = m_options.value(u"listen"_s); !listen.isEmpty()) {
            const auto address = parseListenAddress(listen);
            if (!address)
                return address.error();
            m_gateway.overrideListener(address->address, address->port);
        }
        const QString path = configPath(m_options.value(u"config"_s));
        if (auto opened = m_config.open(path); !opened)
            return opened;
        printFindings(path);
        if (config::hasErrors(m_config.findings()))
            return Error{ErrorCode::Invalid,
                u"%1 has errors; nothing is served. Mend them and start again"_s.arg(path), {}};
        m_home.use(m_options.value(u"data-dir"_s), u"sluicectl serve"_s,
            session::GatewayHome::OnBroken::Refuse);
        return m_gateway.start(m_config.configuration(), QFileInfo(path).fileName());
    }

    void printFindings(const QString &path) const
    {
        for (const config::Finding &finding : m_config.findings()) {
            const QString text = u"%1:%2:%3: %4"_s.arg(path)
                                     .arg(finding.place.line)
                                     .arg(finding.place.column)
                                     .arg(finding.message);
            if (finding.severity == config::Severity::Hint)
                qCInfo(lcConfig, "%ls", qUtf16Printable(text));
            else
                qCWarning(lcConfig, "%ls", qUtf16Printable(text));
        }
    }

    static void logAccess(const insight::ActivityBatch &batch)
    {
        for (const insight::RequestRecord &record : batch.records) {
            if (record.outcome != insight::Outcome::Streaming)
                qCInfo(lcGateway, "%s %s %s key=%s user=%s %d %lldus%s",
                    record.requestId.constData(), record.method.constData(),
                    record.path.constData(), record.subject.apiKey.constData(),
                    record.subject.endUser.toPercentEncoding().constData(), record.status,
                    static_cast<long long>(record.duration.count()),
                    chargeText(record.charge).constData());
        }
        if (batch.notListed > 0)
            qCInfo(lcGateway, "%u more requests, too fast to list", batch.notListed);
    }

    /// " in=5 out=~4 cents=0.0075": `~` before what was not reported, `?` without a price.
    static QByteArray chargeText(const metering::Charge &charge)
    {
        if (charge.isEmpty())
            return {};
        const auto figure = [](const std::optional<qint64> &tokens, metering::Source source) {
            const QByteArray mark = source == metering::Source::Reported ? "" : "~";
            return tokens ? QByteArray(mark + QByteArray::number(*tokens)) : "?"_ba;
        };
        const QByteArray mark = charge.isEstimate() ? "~" : "";
        const QByteArray cents =
            charge.cost ? QByteArray(mark + formatAmount(*charge.cost)) : "?"_ba;
        return " in=" + figure(charge.tokens.input, charge.inputSource)
            + " out=" + figure(charge.tokens.output, charge.outputSource) + " cents=" + cents;
    }

    const QCommandLineParser &m_options;
    SystemClock m_clock;
    GatewaySession m_gateway;
    session::LimitOperations m_operations; ///< raises and blocks that a console has put in force
    ConfigDraft m_config;
    session::GatewayHome m_home;
    SignalWatcher m_signals;
};

} // namespace

int runServe(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Runs the gateway. Prints \"listening on URL\" when it is ready. SIGTERM lets running "
        u"requests end (a second one does not wait), SIGHUP reads the file again; a changed file is taken over by itself."_s);
    parser.addOption({u"config"_s, u"The configuration file."_s, u"FILE"_s});
    parser.addOption({u"listen"_s, u"Listen here, whatever the file says."_s, u"ADDR:PORT"_s});
    parser.addOption({u"data-dir"_s,
        u"Where counters, the ledger, raises, blocks, their audit and what is learned are kept; "
        u"one "
        u"gateway at a time. Default: a directory of the configuration file's own."_s,
        u"DIR"_s});
    parser.addOption({u"log-format"_s, u"text (default) or json."_s, u"text|json"_s, u"text"_s});
    parser.addOption({u"access-log"_s,
        u"Log every request with its tokens and cents (no bodies, no secrets)."_s});
    if (!parse(parser, arguments))
        return Usage;
    const QString format = parser.value(u"log-format"_s);
    if (!parser.positionalArguments().isEmpty() || (format != "text"_L1 && format != "json"_L1)) {
        printError(u"serve takes options only, and --log-format text or json"_s);
        return Usage;
    }
    installLogHandler(format == "json"_L1 ? LogFormat::Json : LogFormat::Text);
    return Server(parser).run();
}

} // namespace sluice::ctl
