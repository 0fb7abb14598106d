// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/pricebar.h"

#include "ui/widgets/format.h"

#include <QAction>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

QString sentence(const UnpricedModels &unpriced)
{
    const QString models = unpriced.models == 1
        ? PriceBar::tr("1 model has no price")
        : PriceBar::tr("%1 models have no price").arg(format::count(unpriced.models));
    const QString requests = unpriced.requests == 1
        ? PriceBar::tr("1 request is not in the cost figures")
        : PriceBar::tr("%1 requests are not in the cost figures")
              .arg(format::count(qint64(unpriced.requests)));
    const QString turnedAway = unpriced.turnedAway == 1
        ? PriceBar::tr("1 request was rejected for that")
        : PriceBar::tr("%1 requests were rejected for that")
              .arg(format::count(qint64(unpriced.turnedAway)));
    QStringList parts;
    if (unpriced.requests > 0)
        parts += requests;
    if (unpriced.turnedAway > 0)
        parts += turnedAway;
    return models + u": "_s + parts.join(u", "_s);
}

} // namespace

PriceBar::PriceBar(const session::LiveUsage &usage, QWidget *parent)
    : MessageBar(parent), m_usage(usage)
{
    setObjectName(u"priceMessageBar"_s);
    connect(this, &MessageBar::closed, this, [this] { m_closedAt = m_shown.models; });
}

PriceBar::~PriceBar() = default;

void PriceBar::refresh()
{
    const UnpricedModels unpriced = unpricedModels(m_usage);
    if (unpriced == m_shown)
        return;
    const bool isNews = unpriced.names != m_shown.names || unpriced.models != m_shown.models;
    m_shown = unpriced;
    m_closedAt = std::min(m_closedAt, unpriced.models);
    if (unpriced.models <= m_closedAt) {
        hide();
        return;
    }
    if (!isNews && isVisibleTo(parentWidget())) {
        updateText(sentence(unpriced));
        return;
    }
    showMessage(State::Near, sentence(unpriced));
    if (!unpriced.names.isEmpty()) {
        QAction *action = addAction(tr("Set price…"));
        connect(action, &QAction::triggered, this,
            [this] { Q_EMIT priceRequested(m_shown.names.value(0)); });
    }
}

} // namespace sluice::ui
