// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl demo: mock provider, gateway, traffic and a live usage table in the terminal.
#include "app/ctl/command.h"
#include "app/signalwatcher.h"

#include "core/base/logging.h"
#include "core/base/money.h"
#include "core/insight/explain.h"
#include "core/session/configdraft.h"
#include "core/session/demosession.h"
#include "core/session/gatewaysession.h"
#include "core/session/liveusage.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using insight::ChainState;
using insight::UsageBook;

namespace {

constexpr int BarWidth = 20;

QString segmentWord(const config::Segment &segment)
{
    switch (segment.kind) {
    case config::SegmentKind::ApiKey:
        return u"key"_s;
    case config::SegmentKind::EndUser:
        return u"user"_s;
    case config::SegmentKind::Team:
        return u"team"_s;
    case config::SegmentKind::TeamMember:
        return u"member"_s;
    default:
        return QString::fromUtf8(segment.property);
    }
}

QString bar(const limits::Usage &usage)
{
    const qint64 filled =
        std::min<qint64>(usage.used * BarWidth / std::max<qint64>(usage.quota, 1), BarWidth);
    return QString(filled, u'#') + QString(BarWidth - filled, u'.');
}

/// `~` where a part is no report, `?` where no price is known.
QString costText(const insight::Spent &spent)
{
    if (spent.charged == 0)
        return u"-"_s;
    if (spent.unpriced == spent.charged)
        return u"?"_s;
    return (spent.estimated > 0 ? u"~"_s : QString()) + formatCost(spent.cost);
}

QString row(const UsageBook &book, int index, EngineTime now, std::chrono::milliseconds wall)
{
    const UsageBook::Subject &subject = book.subject(index);
    const std::vector<ChainState> chain = book.chain(index, now);
    const int tightest = UsageBook::tightest(chain);
    QString text = segmentWord(subject.id.segment).leftJustified(8)
        + QString::fromUtf8(subject.id.value).leftJustified(18).left(18) + u' ';
    if (tightest < 0) {
        text += u"no limit"_s.leftJustified(68);
    } else {
        const ChainState &link = chain[static_cast<size_t>(tightest)];
        text += insight::fullLabel(*link.limit).leftJustified(26).left(26) + u' ' + bar(link.usage)
            + u' '
            + u"%1/%2"_s.arg(link.usage.takenUnits())
                  .arg(link.usage.quota / MicroPerUnit)
                  .leftJustified(10)
            + insight::freeAgain(*link.limit, link.usage).leftJustified(18);
    }
    return text + QString::number(book.requestsPerMinute(index, wall)).rightJustified(7)
        + QString::number(subject.spent.tokens()).rightJustified(9)
        + costText(subject.spent).rightJustified(10)
        + QString::number(subject.refusedTotal).rightJustified(9);
}

/// The running command.
class Demo
{
public:
    Demo() : m_gateway(m_clock), m_config(m_gateway), m_usage(m_clock) { }

    int run(bool once)
    {
        if (const auto ready = prepare(); !ready)
            return fail(ready.error());
        QObject::connect(&m_gateway, &session::GatewaySession::activityReported, &m_usage,
            [this](const insight::ActivityBatchPtr &batch) { m_usage.ingest(batch); });
        QObject::connect(&m_gateway, &session::GatewaySession::configurationApplied, &m_usage,
            [this] { m_usage.setConfiguration(m_gateway.configuration()); });
        QObject::connect(&m_signals, &SignalWatcher::terminateRequested, &m_signals,
            [] { QCoreApplication::quit(); });
        m_demo.startTraffic(m_gateway);
        QTimer timer;
        QObject::connect(&timer, &QTimer::timeout, &timer, [this, once] {
            print(!once && ::isatty(STDOUT_FILENO) == 1);
            if (once)
                QCoreApplication::quit();
        });
        timer.start(once ? 3000 : 1000);
        QCoreApplication::exec();
        m_demo.stopTraffic();
        m_gateway.stop(std::chrono::milliseconds::zero());
        return Success;
    }

private:
    Result<void> prepare()
    {
        const auto path = m_demo.prepare();
        if (!path)
            return path.error();
        if (auto opened = m_config.open(*path); !opened)
            return opened;
        m_usage.setConfiguration(m_config.configuration());
        m_gateway.keepLedger(QFileInfo(*path).absolutePath()); // goes with the demo
        return m_gateway.start(m_config.configuration(), u"ai-gateway-config.yaml"_s);
    }

    void print(bool inPlace) const
    {
        const auto wall = m_clock.wall();
        const EngineTime now = m_clock.now();
        const UsageBook &book = m_usage.book();
        if (inPlace)
            printLine(u"\x1b[H\x1b[2J"_s);
        printLine(u"Sluice demo on %1 (mock provider, nothing leaves this machine). Try:"_s.arg(
            QString::fromUtf8(m_gateway.baseUrl())));
        printLine(u"  curl %1/v1/chat/completions -H 'Authorization: Bearer %2' "
                  u"-d '{\"model\":\"gpt-4o\",\"messages\":[]}'\n"_s.arg(
                      QString::fromUtf8(m_gateway.baseUrl()),
                      QString::fromUtf8(session::DemoSession::visitorKey())));
        printLine(u"COUNTED BY                TIGHTEST LIMIT             USED / LIMIT"
                  u"                   FREE AGAIN        REQ/MIN   TOKENS      COST  REFUSED"_s);
        for (int i = 0; i < book.subjectCount(); ++i)
            printLine(row(book, i, now, wall));
        if (inPlace)
            printLine(u"\nCtrl+C ends the demo."_s);
    }

    SystemClock m_clock;
    session::DemoSession m_demo;
    session::GatewaySession m_gateway;
    session::ConfigDraft m_config;
    session::LiveUsage m_usage;
    SignalWatcher m_signals;
};

} // namespace

int runDemo(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Starts a mock provider, a gateway with a sample "
                                     u"configuration and seeded traffic, and shows "
                                     u"usage against limits. Needs no key and no network."_s);
    parser.addOption({u"once"_s, u"Print the table once, after three seconds, and end."_s});
    if (!parse(parser, arguments))
        return Usage;
    session::DemoSession::prepareEnvironment();
    installLogHandler(LogFormat::Text);
    return Demo().run(parser.isSet(u"once"_s));
}

} // namespace sluice::ctl
