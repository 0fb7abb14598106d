// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/modeldetail.h"

#include "core/metering/tokens/tokenfamily.h"
#include "ui/models/modelprices.h"
#include "ui/models/spentwords.h"
#include "ui/pages/factform.h"
#include "ui/pages/historycolumn.h"
#include "ui/pages/historypane.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::ModelBook;

namespace {

constexpr int ThreeColumns = 900; ///< the width from which there is room for the history too

QLabel *caption(QWidget *parent, FontRole role, bool isSecond, const QString &name)
{
    auto *label = new QLabel(parent);
    Theme::setRole(label, role, isSecond);
    label->setTextFormat(Qt::PlainText); // clients choose the names of models
    label->setObjectName(name);
    return label;
}

/// "1 204, 3 refused".
QString withPart(quint64 number, quint64 part, const QString &words)
{
    const QString text = format::count(qint64(number));
    return part == 0 ? text : QString(text + u", "_s + words.arg(format::count(qint64(part))));
}

/// What the gateway's own counts are worth, where the provider reports none.
QString countsSentence(const QByteArray &model)
{
    const QByteArray provider = providerOf(model);
    const metering::TokenFamily family = metering::tokenFamilyOf(
        provider, QByteArrayView(model).sliced(provider.isEmpty() ? 0 : provider.size() + 1));
    const QString tokenizer = metering::tokenizerOf(family);
    return metering::isValidated(family)
        ? ModelDetail::tr("checked against %1").arg(tokenizer)
        : ModelDetail::tr("~ not checked; %1 is the nearest that is published").arg(tokenizer);
}

QString whereFrom(metering::PriceOrigin origin)
{
    switch (origin) {
    case metering::PriceOrigin::Models:
        return ModelDetail::tr("by the configuration, prices.models");
    case metering::PriceOrigin::File:
        return ModelDetail::tr("by the price file, prices.file");
    case metering::PriceOrigin::Book:
        return ModelDetail::tr("by the built-in table of %1")
            .arg(QString::fromUtf8(metering::PriceBook::builtIn().date()));
    case metering::PriceOrigin::Local:
        return ModelDetail::tr("by its provider, which runs on this machine");
    case metering::PriceOrigin::None:
        break;
    }
    return {};
}

/// Of a model whose price is not known here.
QString stateSentence(const ModelBook::Model &model, const config::Configuration *configuration)
{
    switch (priceState(model, configuration)) {
    case PriceState::Priced:
        return ModelDetail::tr("known");
    case PriceState::Free:
        return ModelDetail::tr("free");
    case PriceState::Unused:
        return ModelDetail::tr("not needed yet");
    case PriceState::Unpriced:
        break;
    }
    return configuration && configuration->prices.allowsUnpriced
        ? ModelDetail::tr("none: limits in money let it through uncounted")
        : ModelDetail::tr("none: limits in money refuse it");
}

QString priceSentence(const config::ModelPrice &price)
{
    const QString words = priceWords(price);
    return price.tiers.empty() ? words
                               : QString(words + ModelDetail::tr("; other rates for long inputs"));
}

} // namespace

ModelDetail::ModelDetail(session::LiveUsage &usage, UsageHistory &history, QWidget *parent)
    : QWidget(parent), m_usage(usage), m_history(history)
{
    setObjectName(u"ModelDetail"_s);
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    m_figures = new FactForm(this);
    m_figures->setObjectName(u"modelFiguresForm"_s);
    m_price = new FactForm(this);
    m_price->setObjectName(u"modelPriceForm"_s);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(Theme::createRule(Qt::Horizontal, this));
    auto *layout = new QVBoxLayout;
    layout->setContentsMargins(
        metrics::PageMargin, metrics::CellPadding, metrics::PageMargin, metrics::CellPadding);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(createHead());
    layout->addWidget(createBody(), 1);
    outer->addLayout(layout, 1);
}

ModelDetail::~ModelDetail() = default;

QWidget *ModelDetail::createHead()
{
    auto *head = new QWidget(this);
    m_name = caption(head, FontRole::Head, false, u"modelLabel"_s);
    m_note = caption(head, FontRole::Text, true, u"modelNoteLabel"_s);
    m_setPrice = new FlatButton(Icon::Edit, tr("Set price…"), head);
    m_setPrice->setObjectName(u"setPriceToolButton"_s);
    auto *requests = new FlatButton(Icon::Requests, tr("Show requests"), head);
    requests->setObjectName(u"showModelRequestsToolButton"_s);
    connect(m_setPrice, &QToolButton::clicked, this, [this] { Q_EMIT priceRequested(name()); });
    connect(requests, &QToolButton::clicked, this, [this] { Q_EMIT requestsRequested(m_model); });
    auto *layout = new QHBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(m_name);
    layout->addWidget(m_note);
    layout->addStretch();
    layout->addWidget(m_setPrice);
    layout->addWidget(requests);
    m_showHistory = new FlatButton(Icon::Clock, tr("History"), head);
    m_showHistory->setObjectName(u"modelHistoryToolButton"_s);
    m_showHistory->setCheckable(true);
    m_showHistory->setToolTip(tr("Requests, tokens and cost over time"));
    m_showHistory->setVisible(m_history.isAvailable());
    layout->addWidget(m_showHistory);
    return head;
}

QWidget *ModelDetail::createBody()
{
    auto *body = new QStackedWidget(this);
    auto *columns = new QWidget(body);
    m_historyColumn = new HistoryColumn(m_history, columns);
    auto *layout = new QHBoxLayout(columns);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::ColumnGap);
    layout->addWidget(m_figures, 1, Qt::AlignTop);
    layout->addWidget(m_price, 1, Qt::AlignTop);
    layout->addWidget(m_historyColumn, 1);
    connect(m_historyColumn, &HistoryColumn::moreRequested, m_showHistory, &QToolButton::toggle);
    m_historyPane = new HistoryPane(m_history, body);
    body->addWidget(columns);
    body->addWidget(m_historyPane);
    connect(m_showHistory, &QToolButton::toggled, body,
        [body](bool shown) { body->setCurrentIndex(shown ? 1 : 0); });
    return body;
}

void ModelDetail::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    m_historyColumn->setVisible(m_history.isAvailable() && width() >= ThreeColumns);
}

void ModelDetail::addActions(QMenu *menu)
{
    QAction *requests =
        menu->addAction(tr("Show requests"), this, [this] { Q_EMIT requestsRequested(m_model); });
    requests->setEnabled(m_model >= 0);
    QAction *price =
        menu->addAction(tr("Set price…"), this, [this] { Q_EMIT priceRequested(name()); });
    price->setEnabled(canHavePrice());
}

QByteArray ModelDetail::name() const
{
    return m_model < 0 ? QByteArray() : m_usage.models().model(m_model).name;
}

// Prices are for "provider/model"; what was only asked for has no provider.
bool ModelDetail::canHavePrice() const
{
    return !providerOf(name()).isEmpty();
}

void ModelDetail::setModel(int model)
{
    m_model = model;
    refresh();
}

void ModelDetail::refresh()
{
    if (m_model < 0)
        return;
    const ModelBook::Model &model = m_usage.models().model(m_model);
    m_name->setText(model.name.isEmpty() ? tr("Other models") : QString::fromUtf8(model.name));
    m_note->setText(tr("since this console started"));
    m_setPrice->setEnabled(canHavePrice());
    showFigures(model);
    showPrice(model);
}

void ModelDetail::showFigures(const ModelBook::Model &model)
{
    const insight::Spent &spent = model.spent;
    m_figures->setFact(tr("Requests"), withPart(model.requests, model.refused, tr("%1 refused")));
    m_figures->setFact(
        tr("Errors"), spent.errors > 0 ? format::count(qint64(spent.errors)) : QString());
    m_figures->setFact(tr("Tokens in"),
        withPart(quint64(spent.input), quint64(spent.cachedInput), tr("%1 from the cache")));
    m_figures->setFact(tr("Tokens out"), format::count(spent.output));
    m_figures->setFact(tr("Own counts"), countsSentence(model.name));
    m_figures->setFact(tr("Estimated"),
        spent.estimated > 0 ? tr("%1 requests").arg(format::count(qint64(spent.estimated)))
                            : QString());
}

void ModelDetail::showPrice(const ModelBook::Model &model)
{
    const insight::Spent &spent = model.spent;
    const metering::PriceAnswer known = priceNow(m_usage, model.name);
    const bool isKnown = spent.charged > spent.unpriced;
    m_price->setFact(tr("Price"),
        known.price ? priceSentence(*known.price)
                    : stateSentence(model, m_usage.configuration().get()));
    m_price->setFact(tr("Set"), whereFrom(known.origin));
    m_price->setFact(tr("Cost"), spent.charged == 0 ? QString() : spentwords::cost(spent),
        spentwords::costTip(spent));
    m_price->setFact(
        tr("For a request"), isKnown ? format::cost(spentwords::costPerRequest(spent)) : QString());
    m_price->setFact(tr("Not in the cost"),
        spent.unpriced > 0 ? tr("%1 requests").arg(format::count(qint64(spent.unpriced)))
                           : QString());
}

} // namespace sluice::ui
