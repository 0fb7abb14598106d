// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/statusline.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/statusbutton.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using session::ConfigDraft;
using session::GatewaySession;

namespace {

/// "4.6", "0", "1204": one decimal below a hundred.
QString rateFigure(double perSecond)
{
    if (perSecond <= 0)
        return u"0"_s;
    return QString::number(perSecond, 'f', perSecond < 100 ? 1 : 0);
}

QString hostOf(const QByteArray &baseUrl)
{
    const qsizetype slashes = baseUrl.indexOf("//");
    return QString::fromUtf8(slashes < 0 ? baseUrl : baseUrl.mid(slashes + 2));
}

} // namespace

StatusLine::StatusLine(QWidget *parent)
    : QStatusBar(parent),
      m_gateway(add("gatewayStatusButton", &StatusLine::gatewayClicked)),
      m_rate(add("rateStatusButton", &StatusLine::rateClicked)),
      m_draft(add("draftStatusButton", &StatusLine::draftClicked)),
      m_problems(add("problemsStatusButton", &StatusLine::problemsClicked)),
      m_store(add("storeStatusButton", &StatusLine::problemsClicked)),
      m_bodies(add("bodiesStatusButton", &StatusLine::problemsClicked)),
      m_slowed(add("slowedStatusButton", nullptr)),
      m_demo(add("demoStatusButton", nullptr))
{
    setSizeGripEnabled(false);
    setContentsMargins(0, 0, 0, 0);
    addWidget(m_gateway);
    addWidget(m_rate);
    addWidget(m_draft);
    addPermanentWidget(m_problems);
    addPermanentWidget(m_store);
    addPermanentWidget(m_bodies);
    addPermanentWidget(m_slowed);
    addPermanentWidget(m_demo);
    m_bodies->setStatus(Sign::Triangle, State::Near, tr("Bodies recorded"), true);
    m_bodies->setToolTip(
        tr("What people write and are told is kept on this machine: recording.bodies"));
    m_slowed->setStatus(Sign::Clock, State::Idle, tr("Display slowed"), false);
    m_slowed->setToolTip(tr("Painting takes long; figures are exact, shown less often"));
    m_demo->setStatus(Sign::Diamond, State::Shadow, tr("DEMO"), true);
    m_demo->setToolTip(tr("Built-in provider and generated traffic; nothing leaves this machine"));
    showGateway(GatewaySession::State::Stopped, {}, false);
    showRate({});
    showDraft(ConfigDraft::State::Clean, 0);
    showProblems({});
    showStore({});
    showBodies(false);
    showSlowed(false);
    showDemo(false);
}

StatusLine::~StatusLine() = default;

StatusButton *StatusLine::add(const char *name, void (StatusLine::*clicked)())
{
    auto *button = new StatusButton(this);
    button->setObjectName(QLatin1StringView(name));
    if (clicked)
        connect(button, &QAbstractButton::clicked, this, clicked);
    return button;
}

void StatusLine::showGateway(GatewaySession::State state, const QByteArray &baseUrl, bool stale)
{
    const QString host = hostOf(baseUrl);
    switch (state) {
    case GatewaySession::State::Running:
        if (stale)
            m_gateway->setStatus(Sign::Clock, State::Idle, tr("No report from %1").arg(host), true);
        else
            m_gateway->setStatus(Sign::Disc, State::Normal, tr("Running on %1").arg(host), true);
        break;
    case GatewaySession::State::Starting:
        m_gateway->setStatus(Sign::Ring, State::Idle, tr("Starting"), true);
        break;
    case GatewaySession::State::Stopping:
        m_gateway->setStatus(Sign::Ring, State::Idle, tr("Stopping"), true);
        break;
    case GatewaySession::State::Stopped:
        m_gateway->setStatus(Sign::Ring, State::Idle, tr("Stopped"), true);
        break;
    case GatewaySession::State::Failed:
        m_gateway->setStatus(Sign::Cross, State::Refused, tr("Not running"), true);
        break;
    }
}

void StatusLine::showRate(const session::LiveUsage::Rate &rate)
{
    m_rate->setStatus(Sign::None, State::Idle,
        rate.refused > 0
            ? tr("%1 req/s, %2 refused").arg(rateFigure(rate.requests), rateFigure(rate.refused))
            : tr("%1 req/s").arg(rateFigure(rate.requests)),
        false);
}

void StatusLine::showDraft(ConfigDraft::State state, int changes)
{
    switch (state) {
    case ConfigDraft::State::DiskNewer:
        m_draft->setStatus(Sign::Triangle, State::Near, tr("The file has changed"), true);
        return;
    case ConfigDraft::State::Broken:
        m_draft->setStatus(Sign::Cross, State::Refused, tr("The file is not valid"), true);
        return;
    case ConfigDraft::State::Clean:
    case ConfigDraft::State::Draft:
        break;
    }
    if (changes == 0)
        m_draft->setStatus(Sign::None, State::Idle, tr("No changes"), false);
    else
        m_draft->setStatus(Sign::Disc, State::Normal,
            changes == 1 ? tr("Draft: 1 change") : tr("Draft: %1 changes").arg(changes), true);
}

void StatusLine::showProblems(const config::Findings &findings)
{
    const auto count = [&findings](config::Severity severity) {
        return std::count_if(findings.cbegin(), findings.cend(),
            [severity](const config::Finding &each) { return each.severity == severity; });
    };
    const auto errors = count(config::Severity::Error);
    const auto warnings = count(config::Severity::Warning);
    QStringList words;
    if (errors > 0)
        words += errors == 1 ? tr("1 error") : tr("%1 errors").arg(errors);
    if (warnings > 0)
        words += warnings == 1 ? tr("1 warning") : tr("%1 warnings").arg(warnings);
    m_problems->setStatus(errors > 0 ? Sign::Cross : Sign::Triangle,
        errors > 0 ? State::Refused : State::Near, words.join(u", "_s), true);
    m_problems->setVisible(!words.isEmpty());
}

void StatusLine::showDemo(bool demo)
{
    m_demo->setVisible(demo);
}

void StatusLine::showSlowed(bool slowed)
{
    m_slowed->setVisible(slowed);
}

void StatusLine::showBodies(bool areRecorded)
{
    m_bodies->setVisible(areRecorded);
}

void StatusLine::showStore(const QString &problem)
{
    m_store->setStatus(Sign::Triangle, State::Near, tr("Store down"), true);
    m_store->setToolTip(problem);
    m_store->setVisible(!problem.isEmpty());
}

QPoint StatusLine::gatewayCorner() const
{
    return m_gateway->mapToGlobal(QPoint(0, 0));
}

} // namespace sluice::ui
